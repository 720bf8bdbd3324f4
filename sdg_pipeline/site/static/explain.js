/* Where one value comes from: the address names area, year and group; what the page says of the indicator is said of that value. */
(function () {
  "use strict";
  var doc = document, SDG = window.SDG, box = doc.querySelector(".value");
  if (!box) return;
  var id = doc.body.dataset.name, command = doc.querySelector(".command"), said = command.textContent;
  function level(n) { return n === 0 ? "n" : n < 100 ? "s" : "m"; }
  function show() {
    var chosen = SDG.hash();
    if (!/^MX(\d\d|\d{5})?$/.test(chosen.a || "")) return;
    var n = Number(chosen.a.slice(2));
    SDG.all(["places", "words-" + SDG.lang, id]).then(function () {
      var head = SDG.store[id + "/"], periods = n > 99 ? head.municipal : head.blocks.map(function (b) { return b.p; });
      var period = periods.indexOf(chosen.p) >= 0 ? chosen.p : head.newest[level(n)] || periods[periods.length - 1];
      var wanted = (n > 99 && period ? [id + "." + period] : []).concat(box.dataset.way ? [id + ".way"] : []);
      return SDG.all(wanted).then(function () {
        var blocks = n > 99 ? (SDG.store[id + "/" + period] || { blocks: [] }).blocks : head.blocks, rows = [];
        blocks.forEach(function (b) {
          if (b.p !== period || (chosen.g !== undefined ? String(b.g) !== chosen.g : box.dataset.own && b.g)) return;
          SDG.rows(b).forEach(function (r) { if (r[0] === n) rows.push([b.g, r]); });
        });
        fill(head, n, period, rows);
      });
    });
  }
  function fill(head, n, period, rows) {
    var names = SDG.names();
    box.textContent = "";
    rows.forEach(function (pair) {
      var r = pair[1], group = pair[0];
      var line = SDG.element("p", { class: "big" }, r[1] === null ? [doc.createTextNode(SDG.t("js_no_figure") + (r[4] ? ": " + SDG.t(r[4]) : ""))]
        : [SDG.element("b", { text: SDG.number(r[1], head.decimals) }), doc.createTextNode(" "), SDG.element("span", { text: head.unit[SDG.one] })]);
      if (r[1] !== null && r[4]) line.appendChild(doc.createTextNode(" ")), line.appendChild(SDG.element("u", { text: SDG.t(r[4]) }));
      box.appendChild(line);
      var about = SDG.element("p", {}, [SDG.element("a", { href: SDG.page(n), text: names[n] || SDG.code(n) })]);
      about.appendChild(doc.createTextNode(", " + period + (group || rows.length > 1 ? ", " + head.groups[group][SDG.one] : "") + (r[2] !== null ? " · " + SDG.t("js_interval") + ": " + SDG.number(r[2], head.decimals) + "–" + SDG.number(r[3], head.decimals) : "")));
      box.appendChild(about);
      if (!group) sum(head, n, period, r);
    });
    if (!rows.length) box.appendChild(SDG.element("p", { text: (names[n] || SDG.code(n)) + ", " + period + ": " + SDG.t("js_no_figure") }));
    [].forEach.call(doc.querySelectorAll(".file[data-years]"), function (file) {
      var mine = file.dataset.years.split(" ").some(function (span) { var part = span.split(":"); return part[0] === level(n) && part[1] <= period && period <= part[2]; });
      file.classList.toggle("this", mine);
    });
    command.textContent = said.replace(/--area \S+/, "--area " + SDG.code(n) + " --period " + period);
  }
  /* Numerator and denominator, where they alone give the value that is shown. */
  function sum(head, n, period, r) {
    var way = SDG.store[id + ".way"], area = 0;
    if (!way || r[1] === null || way.p[level(n)] !== period) return;
    way.a.forEach(function (step, i) {
      area += step;
      if (area !== n || !way.d[i]) return;
      var quotient = way.n[i] / way.d[i] * way.f;
      if (Math.abs(quotient - r[1]) > 0.5001 * Math.pow(10, -head.decimals)) return;
      box.appendChild(SDG.element("p", { class: "sum", text: SDG.number(way.n[i], 0) + " ÷ " + SDG.number(way.d[i], 0) + (way.f === 1 ? "" : " × " + SDG.number(way.f, 0)) + " = " + SDG.number(r[1], head.decimals) }));
    });
  }
  window.addEventListener("hashchange", show);
  show();
})();
