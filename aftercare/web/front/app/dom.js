// Elements without markup in strings: text is always text.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// h("a", { href: "#/", onclick }, "text", [more])
export function h(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

function svg(tag, properties, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

function icon(...paths) {
  const box = { class: "shape", viewBox: "0 0 16 16", width: 16, height: 16, fill: "currentColor", "aria-hidden": "true" };
  return svg("svg", box, ...paths);
}

// The shapes of the tiers, the same as on the dashboard: octagon, triangle, ring, dot.
const SHAPES = {
  emergency: () => [
    svg("path", { d: "M5.2 1h5.6L15 5.2v5.6L10.8 15H5.2L1 10.8V5.2z" }),
    svg("path", { class: "cut", d: "M7 4h2v5H7zm0 6h2v2H7z" }),
  ],
  same_day: () => [svg("path", { d: "M8 1.2 15.4 14.6H.6z" })],
  soon: () => [svg("circle", { cx: 8, cy: 8, r: 5.6, fill: "none", stroke: "currentColor", "stroke-width": 2.4 })],
  routine: () => [svg("circle", { cx: 8, cy: 8, r: 3.2 })],
  // What to do, what to leave: a tick, and a ring with a bar.
  do: () => [svg("path", { d: "M2.5 8.6 6.2 12.3 13.5 4", fill: "none", stroke: "currentColor", "stroke-width": 2 })],
  avoid: () => [
    svg("circle", { cx: 8, cy: 8, r: 6, fill: "none", stroke: "currentColor", "stroke-width": 2 }),
    svg("path", { d: "M4 12 12 4", stroke: "currentColor", "stroke-width": 2 }),
  ],
};

export const shape = (name) => icon(...SHAPES[name]());
export const tierShape = shape;

export const telephone = (number) => `tel:${number.replace(/[^\d+*#]/g, "")}`;
