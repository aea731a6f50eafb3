// Files from near. SVG is an image and HTML stands in a frame without rights: neither runs anything nor loads anything.

function previewOf(place) {
  const file = DATA.files[place], seen = DATA.previews[file.preview];
  if (file.private) return el("p", { class: "quiet" }, "Not shown: its step is given secrets.");
  if (!seen) {
    const why = file.kind === "input" ? "It lies in the project and is not part of the run." : "No preview of this kind or size.";
    return el("p", { class: "quiet" }, `${why}${file.sha256 ? ` runner catalog get ${file.path} ${RUN.name}` : ""}`);
  }
  if (seen.type === "image") return el("img", { class: "picture", src: seen.src, alt: file.path });
  if (seen.type === "table") {
    return el("div", { class: "preview" }, table(seen.head, seen.rows),
      !seen.whole && el("p", { class: "quiet" }, `The first ${count(seen.rows.length, "row")}.`));
  }
  if (seen.type === "page") return framed(file, seen.text);
  if (seen.type === "notebook") return el("div", { class: "preview" }, seen.cells.map(cell));
  return el("div", { class: "preview" }, el("pre", { class: "log", tabindex: "0" }, seen.text),
    seen.cut > 0 && el("p", { class: "quiet" }, `${bytes(seen.cut)} more left out.`));
}

function cell(one) {
  if (one.type === "image") return el("img", { class: "picture", src: one.src, alt: "" });
  return el("pre", { class: `cell is-${one.type}`, tabindex: one.type === "code" ? "0" : null }, one.text);
}

function framed(file, text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  page.querySelectorAll("script, link, base, meta, iframe, object, embed, form").forEach((one) => one.remove());
  for (const one of page.querySelectorAll("[src], [srcset], [href], [poster], [background], [ping]")) {
    for (const name of ["src", "srcset", "href", "poster", "background", "ping"]) {
      if (!/^(data:|#)/i.test(one.getAttribute(name) || "#")) one.removeAttribute(name);
    }
  }
  return el("iframe", { class: "frame", sandbox: "", title: file.path, srcdoc: page.documentElement.outerHTML });
}
