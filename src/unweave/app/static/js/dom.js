// Small helpers to make and find elements.

export const $ = (selector, root = document) => root.querySelector(selector);

/** An element: properties by name, `data-` and `aria-` as attributes, `on` with listeners, then its children. */
export function el(tag, { on = {}, ...props } = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined) continue;
    if (name in element && !name.startsWith("aria") && name !== "list" && name !== "role") element[name] = value;
    else element.setAttribute(name, value);
  }
  for (const [event, listener] of Object.entries(on)) element.addEventListener(event, listener);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** One of the symbols at the end of index.html. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

export const hiddenText = (text) => el("span", { className: "hidden-text" }, text);

/** A button with an icon and a name; `data-do` says which action of actions.js it is. */
export function button(label, { symbol, does, className = "", onlyIcon = false, ...props } = {}) {
  return el(
    "button",
    { type: "button", className: `${className}${onlyIcon ? " only-icon" : ""}`.trim(), "data-do": does, ...props },
    symbol ? icon(symbol) : null,
    onlyIcon ? hiddenText(label) : label,
  );
}

export function show(element, visible) {
  element.hidden = !visible;
}
