/* The map of an indicator: places of a level in a year and a group, its key, its table, its CSV, its permalink. */
(function () {
  "use strict";
  var doc = document, SDG = window.SDG, box = doc.getElementById("map");
  if (!box) return;
  var id = doc.body.dataset.name, form = box.querySelector("form.pick"), canvas = box.querySelector(".canvas"), key = box.querySelector(".key"),
    tip = box.querySelector(".tip"), mapped = box.dataset.mapped === "1", core, shown = { rows: [] }, borders = {};
  [].forEach.call(canvas.querySelectorAll("path[data-n]"), function (path) { borders[path.dataset.n] = path.getAttribute("d"); });

  function chosen() {
    return { l: form.l.value, p: form.p.value, g: form.g.value, s: form.s.value };
  }
  function blocks(choice) { return choice.l === "m" ? (SDG.store[id + "/" + choice.p] || { blocks: [] }).blocks : core.blocks; }
  function unique(list) { return list.filter(function (item, i) { return list.indexOf(item) === i; }); }

  function prepare(wanted) {
    var levels = [];
    if (core.municipal.length) levels.push(["m", SDG.t("js_municipalities")]);
    if (core.blocks.some(function (b) { return SDG.rows(b).some(function (r) { return r[0] > 0; }); })) levels.push(["s", SDG.t("js_states")]);
    if (!levels.length) { return Promise.resolve(false); }
    var level = levels.some(function (l) { return l[0] === wanted.l; }) ? wanted.l : levels[0][0];
    SDG.fill(form.l, levels, level);
    var periods = level === "m" ? core.municipal : unique(core.blocks.filter(function (b) { return b.a.some(function (a) { return a > 0; }); }).map(function (b) { return b.p; }));
    var newest = level === "m" ? box.dataset.municipal : "";
    var period = periods.indexOf(wanted.p) >= 0 ? wanted.p : periods.indexOf(newest) >= 0 ? newest : periods[periods.length - 1];
    SDG.fill(form.p, periods.map(function (p) { return [p, p]; }).reverse(), period);
    return (level === "m" ? SDG.load(id + "." + period) : Promise.resolve()).then(function () {
      var groups = unique(blocks({ l: level, p: period }).filter(function (b) { return b.p === period && b.a.some(function (a) { return a > 0; }); }).map(function (b) { return b.g; }));
      var group = groups.indexOf(Number(wanted.g)) >= 0 && wanted.g !== "" ? Number(wanted.g) : groups[0];
      SDG.fill(form.g, groups.map(function (g) { return [g, core.groups[g][SDG.one]]; }), group);
      var states = level === "m" ? [["", SDG.t("js_country")]].concat(SDG.states()) : [["", SDG.t("js_country")]];
      SDG.fill(form.s, states, wanted.s || "");
      return true;
    });
  }

  function draw() {
    var choice = chosen(), rows = [];
    blocks(choice).forEach(function (b) { if (b.p === choice.p && String(b.g) === choice.g) rows = rows.concat(SDG.rows(b)); });
    rows = rows.filter(function (r) { return choice.l === "m" ? r[0] > 99 && (!choice.s || Math.floor(r[0] / 1000) === Number(choice.s)) : r[0] > 0 && r[0] < 100; });
    var valued = rows.filter(function (r) { return r[1] !== null; }), limits = SDG.limits(valued.map(function (r) { return r[1]; }));
    shown = { choice: choice, rows: rows };
    if (mapped) map(choice, rows, limits);
    legend(rows, valued, limits, choice);
    table();
    tip.textContent = core.groups[choice.g][SDG.one] + ", " + choice.p;
    SDG.remember(choice);
  }

  function words(r) {
    if (!r || r[1] === null) return SDG.t("js_no_figure") + (r && r[4] ? ": " + SDG.t(r[4]) : "");
    var text = (SDG.number(r[1], core.decimals) + " " + core.unit[SDG.one]).trim();
    if (r[2] !== null) text += " (" + SDG.number(r[2], core.decimals) + "–" + SDG.number(r[3], core.decimals) + ")";
    return text + (r[4] ? ", " + SDG.t(r[4]) : "");
  }

  function map(choice, rows, limits) {
    var outlines = SDG.store.outlines, size = outlines[0], paths = choice.l === "m" ? outlines[1] : borders, by = {};
    rows.forEach(function (r) { by[r[0]] = r; });
    var view = choice.s ? outlines[2][choice.s] : [0, 0, size[0], size[1]];
    var html = ['<defs><pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M0 0V5"/></pattern></defs><g class="', choice.l === "m" ? "muni" : "", '">'];
    Object.keys(paths).forEach(function (n) {
      if (choice.s && choice.l === "m" && Math.floor(n / 1000) !== Number(choice.s)) return;
      var r = by[n];
      html.push('<path data-n="', Number(n), '" class="', r && r[1] !== null ? "c" + SDG.classOf(r[1], limits) : "hatch", '" d="', paths[n].replace(/[^MLlmz0-9 .,-]/g, ""), '"/>');
    });
    html.push("</g>");
    if (choice.l === "m") Object.keys(borders).forEach(function (n) { if (!choice.s || n === choice.s) html.push('<path class="border" d="', borders[n].replace(/[^MLlmz0-9 .,-]/g, ""), '"/>'); });
    canvas.innerHTML = '<svg class="map" role="img" viewBox="' + view.map(Number).join(" ") + '">' + html.join("") + "</svg>";
    canvas.firstChild.setAttribute("aria-label", doc.querySelector("h1").textContent + ", " + choice.p);
    var at = null;
    canvas.firstChild.onpointermove = canvas.firstChild.onclick = function (event) {
      var n = event.target.dataset.n;
      if (!n) return;
      if (at) at.classList.remove("on");
      at = event.target; at.classList.add("on");
      var here = at;
      SDG.named().then(function (names) {
        if (here !== at) return;
        tip.textContent = "";
        tip.appendChild(SDG.element("a", { href: SDG.page(Number(n)), text: names[n] || SDG.code(Number(n)) }));
        tip.appendChild(doc.createTextNode(": " + words(by[n])));
      });
    };
  }

  function legend(rows, valued, limits, choice) {
    key.textContent = "";
    if (!mapped && choice.l !== "m") return;
    key.appendChild(SDG.element("p", { text: (core.unit[SDG.one] ? core.unit[SDG.one] + ". " : "") + SDG.t("js_classes") }));
    var list = SDG.element("ul", {}), groups = [];
    valued.forEach(function (r) { var c = SDG.classOf(r[1], limits); (groups[c] = groups[c] || []).push(r[1]); });
    groups.forEach(function (values, c) {
      var low = Math.min.apply(null, values), high = Math.max.apply(null, values);
      var text = SDG.number(low, core.decimals) + (low === high ? "" : " " + SDG.t("js_to") + " " + SDG.number(high, core.decimals)) + " ";
      list.appendChild(SDG.element("li", {}, [SDG.element("span", { class: "sw c" + c }), doc.createTextNode(text), SDG.element("small", { text: "(" + values.length + ")" })]));
    });
    if (valued.length < rows.length) list.appendChild(SDG.element("li", {}, [SDG.element("span", { class: "sw none" }), doc.createTextNode(SDG.t("js_no_figure") + " "), SDG.element("small", { text: "(" + (rows.length - valued.length) + ")" })]));
    key.appendChild(list);
    if (mapped && choice.l === "m") {
      var out = rows.filter(function (r) { return !SDG.store.outlines[1][r[0]]; });
      if (out.length) {
        var p = SDG.element("p", { text: SDG.t("js_not_drawn") + " " });
        out.forEach(function (r, i) { if (i) p.appendChild(doc.createTextNode("; ")); p.appendChild(SDG.element("a", { href: SDG.page(r[0]), text: SDG.store.outlines[3][r[0]] || SDG.code(r[0]) })); p.appendChild(doc.createTextNode(" " + words(r))); });
        key.appendChild(p);
      }
    }
  }

  var order = { column: 1, down: true }, MOST = 300;
  function table() {
    var holder = box.querySelector(".shown .scroll");
    if (!box.querySelector(".shown").open) { holder.textContent = ""; return; }
    SDG.named().then(function (names) { holder.textContent = ""; holder.appendChild(SDG.table(shown.rows, names, core, order, table, MOST, { i: id, p: shown.choice.p, g: shown.choice.g })); });
  }
  form.addEventListener("change", function () { prepare(chosen()).then(draw); });
  box.querySelector(".shown").addEventListener("toggle", table);
  box.querySelector(".csv").addEventListener("click", function () { SDG.named().then(function (names) { SDG.download(id + "_" + shown.choice.p, shown.rows, names, core, shown.choice); }); });
  SDG.copy(box.querySelector(".link"));
  function start() {
    return SDG.all(["words-" + SDG.lang, id].concat(mapped ? ["outlines"] : [])).then(function () {
      core = SDG.store[id + "/"];
      return prepare(SDG.hash()).then(function (any) { if (!any) return;
        var began = performance.now();
        form.hidden = false; draw(); canvas.getBoundingClientRect();
        box.dataset.drawn = Math.max(1, Math.round(performance.now() - began)); });
    });
  }
  window.addEventListener("hashchange", function () { prepare(SDG.hash()).then(draw); });
  start();
})();
