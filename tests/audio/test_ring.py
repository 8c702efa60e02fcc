from __future__ import annotations

import threading

import numpy as np

from unweave.audio.ring import Ring


def test_first_in_first_out_around_the_end_in_one_store() -> None:
    rng, ring, store = np.random.default_rng(0), Ring(2, 1000), None
    x = rng.normal(size=(2, 20_000)).astype(np.float32)
    put = got = 0
    given = []
    store = ring._store
    while got < x.shape[1]:
        count = min(int(rng.integers(0, 400)), 1000 - ring.filled, x.shape[1] - put)
        ring.write(x[:, put : put + count])
        put += count
        take = int(rng.integers(0, ring.filled + 1))
        given.append(ring.read(take))
        got += take
    np.testing.assert_array_equal(np.concatenate(given, axis=1), x)
    assert ring._store is store and (ring.lost, ring.missing) == (0, 0)


def test_what_is_missing_is_silent_and_what_is_too_much_is_lost_and_both_are_counted() -> None:
    ring = Ring(1, 10)
    ring.write(np.ones((1, 8), np.float32))
    ring.write(np.full((1, 5), 2, np.float32))
    assert ring.lost == 3
    np.testing.assert_array_equal(ring.read(12)[0], [1] * 8 + [2] * 2 + [0] * 2)
    assert ring.missing == 2 and ring.filled == 0


def test_two_threads() -> None:
    ring, total = Ring(1, 640), 20_000
    x = np.arange(1, total + 1, dtype=np.float32)[None]

    def write() -> None:
        at = 0
        while at < total:
            count = min(97, 640 - ring.filled, total - at)
            ring.write(x[:, at : at + count])
            at += count

    writer = threading.Thread(target=write)
    writer.start()
    given: list[float] = []
    while len(given) < total:
        given += ring.read(min(89, ring.filled))[0].tolist()
    writer.join()
    assert given == x[0].tolist() and ring.missing == ring.lost == 0
