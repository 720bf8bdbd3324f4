/* Query: one indicator, a level, a year, a group, a state; a table and its CSV, without a map. */
(function () {
  "use strict";
  var doc = document, SDG = window.SDG, form = doc.querySelector("form.query");
  if (!form) return;
  var result = doc.querySelector(".result"), shown = null, order = { column: 1, down: true }, MOST = 500;

  function read() { return { i: form.i.value, l: form.l.value, p: form.p.value, g: form.g.value, s: form.s.value }; }
  function unique(list) { return list.filter(function (item, i) { return list.indexOf(item) === i; }); }
  function show(wanted) {
    var id = wanted.i || form.i.value;
    form.i.value = id;
    SDG.all(["places", "words-" + SDG.lang, id]).then(function () {
      var head = SDG.store[id + "/"], levels = [["s", SDG.t("js_states")]].concat(head.municipal.length ? [["m", SDG.t("js_municipalities")]] : []);
      var level = wanted.l === "m" && head.municipal.length ? "m" : "s";
      SDG.fill(form.l, levels, level);
      var periods = level === "m" ? head.municipal : unique(head.blocks.map(function (b) { return b.p; }));
      var period = periods.indexOf(wanted.p) >= 0 ? wanted.p : periods[periods.length - 1];
      SDG.fill(form.p, periods.map(function (p) { return [p, p]; }).reverse(), period);
      return (level === "m" ? SDG.load(id + "." + period) : Promise.resolve()).then(function () {
        var blocks = (level === "m" ? SDG.store[id + "/" + period].blocks : head.blocks).filter(function (b) { return b.p === period; });
        var groups = unique(blocks.map(function (b) { return b.g; })), group = groups.indexOf(Number(wanted.g || 0)) >= 0 ? Number(wanted.g || 0) : groups[0], rows = [];
        SDG.fill(form.g, groups.map(function (g) { return [g, head.groups[g][SDG.one]]; }), group);
        SDG.fill(form.s, level === "m" ? [["", SDG.t("js_country")]].concat(SDG.states()) : [["", ""]], level === "m" ? wanted.s || "" : "");
        blocks.forEach(function (b) { if (b.g === group) rows = rows.concat(SDG.rows(b)); });
        if (form.s.value) rows = rows.filter(function (r) { return Math.floor(r[0] / 1000) === Number(form.s.value); });
        shown = { head: head, rows: rows, choice: read() };
        SDG.remember(shown.choice);
        table();
      });
    });
  }
  function table() { result.textContent = ""; result.appendChild(SDG.table(shown.rows, SDG.names(), shown.head, order, table, MOST, shown.choice)); }
  form.addEventListener("change", function () { show(read()); });
  doc.querySelector(".csv").addEventListener("click", function () { SDG.download(shown.choice.i + "_" + shown.choice.p, shown.rows, SDG.names(), shown.head, shown.choice); });
  SDG.copy(doc.querySelector(".actions .link"));
  window.addEventListener("hashchange", function () { show(SDG.hash()); });
  show(SDG.hash());
})();
