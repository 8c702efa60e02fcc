// Files come by dropping them anywhere, by pasting, or through the chooser.

import { $ } from "./dom.js";

export function mountDrop({ take, takeExample }) {
  const veil = $("#veil");
  let depth = 0;
  const lit = (on) => veil.classList.toggle("is-lit", on);
  const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  addEventListener("dragenter", (event) => {
    if (!carriesFiles(event)) return;
    depth += 1;
    lit(true);
  });
  addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    if (!depth) lit(false);
  });
  addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth = 0;
    lit(false);
    const [file] = event.dataTransfer.files;
    if (!file) return;
    if (event.target.closest?.("#ask")) takeExample(file);
    else take(file);
  });
  addEventListener("paste", (event) => {
    const [file] = event.clipboardData?.files ?? [];
    if (file) take(file);
  });
  const chooser = (id, then) => {
    const input = $(id);
    input.addEventListener("change", () => {
      const [file] = input.files;
      input.value = "";
      if (file) then(file);
    });
    return () => input.click();
  };
  return { choose: chooser("#file", take), chooseExample: chooser("#example-file", takeExample) };
}
