"""`python -m unweave` is the command `unweave`."""

from unweave.cli.main import main

if __name__ == "__main__":
    main()
