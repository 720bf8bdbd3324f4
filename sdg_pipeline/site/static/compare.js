/* Compare: two to four places, one indicator, all its years; a chart, a table, an address that holds the choice. */
(function () {
  "use strict";
  var doc = document, SDG = window.SDG, form = doc.querySelector("form.compare");
  if (!form) return;
  var result = doc.querySelector(".result"), chips = form.querySelector(".chosen"), field = form.place, MOST = 4, places = [], drawn = 0;
  var WIDTH = doc.documentElement.clientWidth < 600 ? 380 : 640, HEIGHT = 300, LEFT = 62, RIGHT = 14, TOP = 12, BOTTOM = 30;

  function series(head, id) {
    return places.map(function (n) {
      var points = [];
      function take(blocks) {
        blocks.forEach(function (b) { if (b.g === 0) SDG.rows(b).forEach(function (r) { if (r[0] === n) points.push([b.p].concat(r.slice(1))); }); });
      }
      take(head.blocks);
      if (n > 99) head.municipal.forEach(function (p) { take(SDG.store[id + "/" + p].blocks); });
      return points.sort(function (a, b) { return a[0] < b[0] ? -1 : 1; });
    });
  }
  function draw() {
    var id = form.i.value, turn = ++drawn;
    SDG.remember({ i: id, a: places.map(SDG.code).join(",") });
    SDG.all(["places", "words-" + SDG.lang, id]).then(function () {
      var head = SDG.store[id + "/"], wanted = places.some(function (n) { return n > 99; }) ? head.municipal : [];
      return SDG.all(wanted.map(function (p) { return id + "." + p; })).then(function () { if (turn === drawn) show(head, series(head, id)); });
    });
  }
  function show(head, lines) {
    var names = SDG.names();
    chips.textContent = ""; result.textContent = "";
    places.forEach(function (n, i) {
      var remove = SDG.element("button", { type: "button", text: "×", "aria-label": SDG.t("js_remove") + " " + names[n] });
      remove.addEventListener("click", function () { places.splice(i, 1); draw(); field.focus(); });
      chips.appendChild(SDG.element("span", { class: "chip s" + i }, [doc.createTextNode(names[n]), remove]));
    });
    result.appendChild(SDG.element("h2", {}, [SDG.element("a", { href: SDG.indicatorPage(form.i.value), text: head.title[SDG.one] })]));
    var years = lines.reduce(function (all, points) { return all.concat(points.map(function (p) { return p[0]; })); }, []).filter(function (y, i, all) { return all.indexOf(y) === i; }).sort();
    if (years.length) result.appendChild(chart(head, lines, years));
    result.appendChild(SDG.element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": head.title[SDG.one] }, [table(head, lines, years, names)]));
  }
  function chart(head, lines, years) {
    var values = [];
    lines.forEach(function (points) { points.forEach(function (p) { [1, 2, 3].forEach(function (k) { if (p[k] !== null) values.push(p[k]); }); }); });
    var low = Math.min.apply(null, values), high = Math.max.apply(null, values), first = Number(years[0]), last = Number(years[years.length - 1]);
    if (!values.length) { low = 0; high = 1; }
    if (low >= 0 && low <= high - low) low = 0;
    var margin = (high - low || Math.abs(high) || 1) * 0.06;
    low = low === 0 ? 0 : low - margin; high += margin;
    function x(year) { return first === last ? (LEFT + WIDTH) / 2 : LEFT + 12 + (WIDTH - LEFT - RIGHT - 24) * (Number(year) - first) / (last - first); }
    function y(value) { return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - low) / (high - low); }
    var step = Math.pow(10, Math.floor(Math.log10((high - low) / 4))), rough = (high - low) / 4 / step, size = step * (rough <= 1 ? 1 : rough <= 2 ? 2 : rough <= 5 ? 5 : 10);
    var svg = SDG.element("svg", { class: "lines", viewBox: "0 0 " + WIDTH + " " + HEIGHT, "aria-hidden": "true" });
    for (var tick = Math.ceil(low / size) * size; tick <= high; tick += size) {
      svg.appendChild(SDG.element("line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: y(tick), y2: y(tick) }));
      svg.appendChild(SDG.element("text", { x: LEFT - 8, y: y(tick) + 4, "text-anchor": "end", text: SDG.number(tick, Math.max(0, -Math.floor(Math.log10(size)))) }));
    }
    var room = -100;
    years.forEach(function (year) { if (x(year) - room > 46) { room = x(year); svg.appendChild(SDG.element("text", { x: room, y: HEIGHT - 8, "text-anchor": "middle", text: year })); } });
    lines.forEach(function (points, i) {
      var group = SDG.element("g", { class: "s" + i }), run = [];
      function stroke() { if (run.length > 1) group.appendChild(SDG.element("polyline", { class: "s", points: run.join(" ") })); run = []; }
      points.forEach(function (p) {
        if (p[1] === null) { stroke(); return; }
        if (p[2] !== null) group.appendChild(SDG.element("line", { class: "ci", x1: x(p[0]), x2: x(p[0]), y1: y(p[2]), y2: y(p[3]) }));
        run.push(x(p[0]) + "," + y(p[1]));
        group.appendChild(SDG.element("circle", { cx: x(p[0]), cy: y(p[1]), r: 4.5 }));
      });
      stroke(); svg.appendChild(group);
    });
    return svg;
  }
  function table(head, lines, years, names) {
    var row = SDG.element("tr", {}, [SDG.element("th", { scope: "col", text: SDG.t("js_year") })].concat(places.map(function (n, i) { return SDG.element("th", { scope: "col", class: "s" + i }, [SDG.element("a", { href: SDG.page(n), text: names[n] })]); })));
    var body = SDG.element("tbody", {});
    years.slice().reverse().forEach(function (year) {
      body.appendChild(SDG.element("tr", {}, [SDG.element("th", { scope: "row", text: year })].concat(lines.map(function (points) {
        var p = points.filter(function (q) { return q[0] === year; })[0];
        var said = !p ? "–" : p[1] === null ? SDG.t("js_no_figure") : SDG.number(p[1], head.decimals) + (p[2] !== null ? " (" + SDG.number(p[2], head.decimals) + "–" + SDG.number(p[3], head.decimals) + ")" : "");
        return SDG.element("td", { text: said + (p && p[4] ? ", " + SDG.t(p[4]) : "") });
      }))));
    });
    return SDG.element("table", { class: "plain" }, [SDG.element("caption", { text: head.unit[SDG.one] }), SDG.element("thead", {}, [row]), body]);
  }
  function add(text) {
    var hits = SDG.search(text).areas;
    if (!hits.length || places.length >= MOST) return;
    var n = hits[0].n;
    if (places.indexOf(n) < 0) places.push(n);
    field.value = ""; draw();
  }
  form.addEventListener("submit", function (event) { event.preventDefault(); if (field.value.trim()) add(field.value); });
  field.addEventListener("change", function () { if (field.value.trim()) add(field.value); });
  field.addEventListener("input", function () {
    var list = doc.getElementById("found"), hits = field.value.trim().length > 1 ? SDG.search(field.value).areas.slice(0, 8) : [];
    list.textContent = "";
    hits.forEach(function (hit) { list.appendChild(SDG.element("option", { value: hit.name + (hit.more ? ", " + hit.more : "") })); });
  });
  form.i.addEventListener("change", draw);
  SDG.copy(doc.querySelector(".actions .link"));
  function start() {
    var chosen = SDG.hash();
    if (chosen.i && [].some.call(form.i.options, function (o) { return o.value === chosen.i; })) form.i.value = chosen.i;
    places = (chosen.a || "MX,MX20").split(",").map(function (code) { return Number(code.replace("MX", "")); }).filter(function (n, i, all) { return SDG.names()[n] && all.indexOf(n) === i; }).slice(0, MOST);
    draw();
  }
  window.addEventListener("hashchange", start);
  SDG.all(["places", "indicators-" + SDG.lang, "words-" + SDG.lang]).then(start);
})();
