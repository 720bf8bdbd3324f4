/* Compare: two to four places over all years of an indicator, or two indicators over all places of a level. The address holds the choice. */
(function () {
  "use strict";
  var doc = document, SDG = window.SDG, form = doc.querySelector("form.compare");
  if (!form) return;
  var result = doc.querySelector(".result"), chips = form.querySelector(".chosen"), field = form.place, MOST = 4, places = [], drawn = 0, shown = [];
  var WIDTH = doc.documentElement.clientWidth < 600 ? 380 : 640, HEIGHT = 300, LEFT = 62, RIGHT = 14, TOP = 12, BOTTOM = 30;
  function svg(tag, attributes, children) { return SDG.element(tag, attributes, children); }
  function said(value, head) { return SDG.number(value, head.decimals) + (head.unit[SDG.one] ? " " + head.unit[SDG.one] : ""); }

  function draw() {
    var turn = ++drawn, two = form.j.value, level = two ? form.l.value : "";
    SDG.remember({ i: form.i.value, j: two, l: level, a: places.map(SDG.code).join(",") });
    form.l.parentNode.hidden = !two;
    SDG.all(["places", "words-" + SDG.lang, form.i.value].concat(two ? [two] : [])).then(function () {
      var id = form.i.value, head = SDG.store[id + "/"], wanted = [];
      if (two) [id, two].forEach(function (one) { if (level === "m" && period(one, "m")) wanted.push(one + "." + period(one, "m")); });
      else if (places.some(function (n) { return n > 99; })) wanted = head.municipal.map(function (p) { return id + "." + p; });
      return SDG.all(wanted).then(function () {
        if (turn !== drawn) return;
        chosen();
        result.textContent = "";
        if (two) scatter(id, two, level); else years(id, head);
      });
    });
  }
  function chosen() {
    var names = SDG.names();
    chips.textContent = "";
    places.forEach(function (n, i) {
      var remove = SDG.element("button", { type: "button", text: "×", "aria-label": SDG.t("js_remove") + " " + names[n] });
      remove.addEventListener("click", function () { places.splice(i, 1); draw(); field.focus(); });
      chips.appendChild(SDG.element("span", { class: "chip s" + i }, [doc.createTextNode(names[n]), remove]));
    });
  }
  function title(id) { return SDG.element("a", { href: SDG.indicatorPage(id), text: SDG.store[id + "/"].title[SDG.one] }); }
  function scrolled(name, table) { return SDG.element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": name }, [table]); }
  function heading(cells) { return SDG.element("thead", {}, [SDG.element("tr", {}, cells.map(function (c) { return typeof c === "string" ? SDG.element("th", { scope: "col", text: c }) : SDG.element("th", { scope: "col", class: c[1] }, [c[0]]); }))]); }

  /* All years of one indicator. */
  function series(head, id) {
    return places.map(function (n) {
      var points = [];
      function take(blocks) {
        blocks.forEach(function (b) {
          if (b.g === 0) SDG.rows(b).forEach(function (r) { if (r[0] === n) points.push({ year: b.p, value: r[1], low: r[2], high: r[3], mark: r[4], forecast: r[4] === "mark_forecast", breaks: r[4] === "mark_break" }); });
        });
      }
      take(head.blocks);
      if (n > 99) head.municipal.forEach(function (p) { take(SDG.store[id + "/" + p].blocks); });
      return points.sort(function (a, b) { return a.year < b.year ? -1 : 1; });
    });
  }
  function years(id, head) {
    var lines = series(head, id), all = [].concat.apply([], lines.map(function (points) { return points.map(function (p) { return p.year; }); }));
    all = all.filter(function (y, i) { return all.indexOf(y) === i; }).sort();
    result.appendChild(SDG.element("h2", {}, [title(id)]));
    if (lines.some(function (points) { return points.some(function (p) { return p.value !== null; }); })) {
      result.appendChild(chart(lines, all));
      result.appendChild(SDG.element("p", { class: "note", text: notes(lines).map(SDG.t).join(" ") }));
    }
    shown = [["ref_area", "area_name", "time_period", "value", "ci_lower", "ci_upper", "remark", "unit"]];
    lines.forEach(function (points, i) {
      points.forEach(function (p) { shown.push([SDG.code(places[i]), SDG.names()[places[i]], p.year].concat([p.value, p.low, p.high].map(function (v) { return v === null ? "" : v.toFixed(head.decimals); }), p.mark ? SDG.t(p.mark) : "", head.unit[SDG.one])); });
    });
    result.appendChild(scrolled(head.title[SDG.one], table(id, head, lines, all)));
  }
  function notes(lines) {
    var points = [].concat.apply([], lines), list = [];
    if (points.some(function (p) { return p.low !== null; })) list.push("js_bars");
    if (points.some(function (p) { return p.forecast; })) list.push("js_forecasts");
    if (points.some(function (p) { return p.breaks; })) list.push("js_breaks");
    return list.concat("js_axis");
  }
  function frame(axis, top, bottom) {
    var drawing = svg("svg", { class: "lines", viewBox: "0 0 " + WIDTH + " " + HEIGHT, "aria-hidden": "true" });
    axis.ticks.forEach(function (tick) {
      var at = axis.place(tick, bottom, top);
      drawing.appendChild(svg("line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: at, y2: at }));
      drawing.appendChild(svg("text", { x: LEFT - 8, y: at + 4, "text-anchor": "end", text: SDG.number(tick, axis.decimals) }));
    });
    return drawing;
  }
  function chart(lines, all) {
    var values = [];
    lines.forEach(function (points) { points.forEach(function (p) { [p.value, p.low, p.high].forEach(function (v) { if (v !== null) values.push(v); }); }); });
    var axis = SDG.axis(values), first = Number(all[0]), last = Number(all[all.length - 1]), bottom = HEIGHT - BOTTOM, drawing = frame(axis, TOP, bottom), room = -100;
    function x(p) { return first === last ? (LEFT + WIDTH) / 2 : LEFT + 12 + (WIDTH - LEFT - RIGHT - 24) * (Number(p.year || p) - first) / (last - first); }
    function y(value) { return axis.place(value, bottom, TOP); }
    all.forEach(function (year) { if (x(year) - room > 46) { room = x(year); drawing.appendChild(svg("text", { x: room, y: HEIGHT - 8, "text-anchor": "middle", text: year })); } });
    lines.forEach(function (points, i) {
      var group = svg("g", { class: "s" + i }), runs = SDG.runs(points);
      function stroke(run, style) { group.appendChild(svg("polyline", { class: style, points: run.map(function (p) { return x(p) + "," + y(p.value); }).join(" ") })); }
      runs.lines.forEach(function (run) { stroke(run, "s"); });
      runs.forecasts.forEach(function (run) { stroke(run, "s f"); });
      points.forEach(function (p) {
        if (p.value === null) return;
        if (p.breaks) group.appendChild(svg("line", { class: "break", x1: x(p) - 8, x2: x(p) - 8, y1: TOP, y2: bottom }));
        if (p.low !== null) group.appendChild(svg("line", { class: "ci", x1: x(p), x2: x(p), y1: y(p.low), y2: y(p.high) }));
        group.appendChild(svg("circle", { class: p.forecast ? "hollow" : "", cx: x(p), cy: y(p.value), r: 4.5 }));
      });
      drawing.appendChild(group);
    });
    return drawing;
  }
  /* The cell of a row of values: the figure, which leads to its explanation, with its interval and its mark. */
  function figure(id, year, head, row) {
    var interval = row[2] !== null ? " (" + SDG.number(row[2], head.decimals) + "–" + SDG.number(row[3], head.decimals) + ")" : "";
    return SDG.element("td", {}, [SDG.element("a", { href: SDG.explainPage(id, row[0], year, 0), text: SDG.number(row[1], head.decimals) }),
      doc.createTextNode(interval + (row[4] ? ", " + SDG.t(row[4]) : ""))]);
  }
  function table(id, head, lines, all) {
    var names = SDG.names(), body = SDG.element("tbody", {});
    all.slice().reverse().forEach(function (year) {
      body.appendChild(SDG.element("tr", {}, [SDG.element("th", { scope: "row", text: year })].concat(lines.map(function (points, i) {
        var p = points.filter(function (q) { return q.year === year; })[0], cell = SDG.element("td", {});
        if (!p) cell.textContent = "–";
        else if (p.value === null) cell.textContent = SDG.t("js_no_figure") + (p.mark ? ": " + SDG.t(p.mark) : "");
        else cell = figure(id, year, head, [places[i], p.value, p.low, p.high, p.mark]);
        return cell;
      }))));
    });
    var columns = [SDG.t("js_year")].concat(places.map(function (n, i) { return [SDG.element("a", { href: SDG.page(n), text: names[n] }), "s" + i]; }));
    return SDG.element("table", { class: "plain" }, [SDG.element("caption", { text: head.unit[SDG.one] }), heading(columns), body]);
  }

  /* Two indicators, a dot a place, each in its newest year. */
  function period(id, level) {
    var head = SDG.store[id + "/"];
    if (head.newest[level]) return head.newest[level];
    return level === "m" ? head.municipal[head.municipal.length - 1] : (head.blocks[head.blocks.length - 1] || {}).p;
  }
  function newest(id, level) {
    var head = SDG.store[id + "/"], p = period(id, level), by = {};
    (level === "m" ? (SDG.store[id + "/" + p] || { blocks: [] }).blocks : head.blocks).forEach(function (b) {
      if (b.p === p && b.g === 0) SDG.rows(b).forEach(function (r) { if (level === "m" ? r[0] > 99 : r[0] > 0 && r[0] < 100) by[r[0]] = r; });
    });
    return by;
  }
  function scatter(id, two, level) {
    var one = SDG.store[id + "/"], other = SDG.store[two + "/"], xs = newest(id, level), ys = newest(two, level), names = SDG.names();
    var both = Object.keys(xs).map(Number).filter(function (n) { return xs[n][1] !== null && ys[n] && ys[n][1] !== null; });
    result.appendChild(SDG.element("h2", {}, [title(id), doc.createTextNode(" · "), title(two)]));
    if (!both.length) { result.appendChild(SDG.element("p", { text: SDG.t("js_no_common") })); shown = []; return; }
    var x = SDG.axis(both.map(function (n) { return xs[n][1]; })), y = SDG.axis(both.map(function (n) { return ys[n][1]; }));
    var tall = HEIGHT + 100, bottom = tall - 46, drawing = frame(y, TOP, bottom), tip = SDG.element("p", { class: "tip" }), last = 0;
    drawing.setAttribute("viewBox", "0 0 " + WIDTH + " " + tall);
    function atX(n) { return x.place(xs[n][1], LEFT + 8, WIDTH - RIGHT - 8); }
    function atY(n) { return y.place(ys[n][1], bottom, TOP); }
    x.ticks.forEach(function (tick) {
      var at = x.place(tick, LEFT + 8, WIDTH - RIGHT - 8), text = SDG.number(tick, x.decimals);
      if (last && at - last < 10 + 7 * text.length) return;
      last = at; drawing.appendChild(svg("text", { x: at, y: bottom + 18, "text-anchor": "middle", text: text }));
    });
    both.concat(places.filter(function (n) { return both.indexOf(n) >= 0; })).forEach(function (n, k) {
      var at = k < both.length ? -1 : places.indexOf(n), circle = svg("circle", { class: at < 0 ? "dot" : "", "data-n": n, cx: atX(n), cy: atY(n), r: at < 0 ? (level === "m" ? 2.5 : 4.5) : 6.5 });
      var group = svg("g", { class: at < 0 ? "" : "s" + at }, [circle]), right = atX(n) > WIDTH * 0.6;
      if (at >= 0) group.appendChild(svg("text", { class: "name", x: atX(n) + (right ? -10 : 10), y: atY(n) - 8, "text-anchor": right ? "end" : "start", text: names[n] }));
      drawing.appendChild(group);
    });
    drawing.onpointermove = drawing.onclick = function (event) {
      var n = event.target.dataset && event.target.dataset.n;
      if (n) tip.textContent = names[n] + ": " + said(xs[n][1], one) + "; " + said(ys[n][1], other);
    };
    function axisText(key, head, id) { return SDG.t(key) + ": " + head.title[SDG.one] + (head.unit[SDG.one] ? " (" + head.unit[SDG.one] + ")" : "") + ", " + period(id, level); }
    result.appendChild(SDG.element("p", { class: "small", text: "↑ " + axisText("js_upwards", other, two) }));
    result.appendChild(drawing);
    result.appendChild(SDG.element("p", { class: "small", text: "→ " + axisText("js_sideways", one, id) }));
    result.appendChild(tip);
    result.appendChild(SDG.element("p", { class: "note", text: SDG.t("js_dots", { n: both.length }) + " " + SDG.t("js_axis") }));
    shown = [["ref_area", "area_name", id + " (" + period(id, level) + ")", two + " (" + period(two, level) + ")"]].concat(both.map(function (n) { return [SDG.code(n), names[n], xs[n][1].toFixed(one.decimals), ys[n][1].toFixed(other.decimals)]; }));
    var listed = level === "m" ? both.filter(function (n) { return places.indexOf(n) >= 0; }) : both;
    var rows = listed.map(function (n) {
      return SDG.element("tr", {}, [SDG.element("th", { scope: "row" }, [SDG.element("a", { href: SDG.page(n), text: names[n] })]), figure(id, period(id, level), one, xs[n]), figure(two, period(two, level), other, ys[n])]);
    });
    if (rows.length) result.appendChild(scrolled(SDG.t("js_indicators"), SDG.element("table", { class: "plain" }, [heading([SDG.t("js_place"), one.title[SDG.one], other.title[SDG.one]]), SDG.element("tbody", {}, rows)])));
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
    hits.forEach(function (hit) { list.appendChild(SDG.element("option", { value: hit.name + (hit.more ? ", " + hit.more : ""), label: hit.said })); });
  });
  [form.i, form.j, form.l].forEach(function (select) { select.addEventListener("change", draw); });
  doc.querySelector(".actions .csv").addEventListener("click", function () { if (shown.length) SDG.csv("compare_" + form.i.value + (form.j.value ? "_" + form.j.value : "") + ".csv", shown); });
  SDG.copy(doc.querySelector(".actions .link"));
  function start() {
    var chosen = SDG.hash();
    function has(select, value) { return [].some.call(select.options, function (o) { return o.value === value; }); }
    if (chosen.i && has(form.i, chosen.i)) form.i.value = chosen.i;
    form.j.value = chosen.j && has(form.j, chosen.j) ? chosen.j : "";
    form.l.value = chosen.l === "m" ? "m" : "s";
    places = (chosen.a || "MX,MX20").split(",").map(function (code) { return Number(code.replace("MX", "")); }).filter(function (n, i, all) { return SDG.names()[n] && all.indexOf(n) === i; }).slice(0, MOST);
    draw();
  }
  window.addEventListener("hashchange", start);
  SDG.all(["places", "indicators-" + SDG.lang, "words-" + SDG.lang]).then(start);
})();
