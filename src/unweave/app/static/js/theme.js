// Dark or light: as the system says, until somebody chooses.

import { say } from "./say.js";

const KEY = "unweave-theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

function chosen() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // storage is switched off: the system's choice stands
  }
}

export const theme = () => chosen() ?? (dark.matches ? "dark" : "light");

export function mountTheme(onChange) {
  const apply = () => {
    document.documentElement.dataset.theme = theme();
    onChange(theme());
  };
  dark.addEventListener("change", apply);
  apply();
  return () => {
    try {
      localStorage.setItem(KEY, theme() === "dark" ? "light" : "dark");
    } catch {
      return;
    }
    apply();
    say(theme() === "dark" ? "Dark" : "Light");
  };
}
