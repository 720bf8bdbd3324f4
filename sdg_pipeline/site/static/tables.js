/* Tables of values and their CSV, for the pages that let people choose what is shown. */
(function () {
  "use strict";
  var SDG = window.SDG;
  SDG.table = function (rows, names, head, sorting, again, most, choice) {
    var columns = ["js_place", "js_value", "js_from", "js_until", "js_remark"];
    var sorted = rows.slice().sort(function (a, b) {
      var x = sorting.column ? a[sorting.column] : names[a[0]], y = sorting.column ? b[sorting.column] : names[b[0]];
      if (x === null || y === null) return (x === null) - (y === null);
      return (x < y ? -1 : x > y ? 1 : a[0] - b[0]) * (sorting.down ? -1 : 1);
    });
    var row = SDG.element("tr", {});
    columns.forEach(function (name, c) {
      var cell = SDG.element("th", { scope: "col", "aria-sort": sorting.column === c ? (sorting.down ? "descending" : "ascending") : "none" });
      var button = SDG.element("button", { type: "button", text: SDG.t(name) });
      button.addEventListener("click", function () { sorting.down = sorting.column === c ? !sorting.down : c > 0; sorting.column = c; again();  });
      cell.appendChild(button); row.appendChild(cell);
    });
    var body = SDG.element("tbody", {});
    sorted.slice(0, most).forEach(function (r) {
      body.appendChild(SDG.element("tr", {}, [
        SDG.element("th", { scope: "row" }, [SDG.element("a", { href: SDG.page(r[0]), text: names[r[0]] || SDG.code(r[0]) })]),
        SDG.element("td", {}, [r[1] === null ? document.createTextNode("–") : SDG.element("a", { href: SDG.explainPage(choice.i, r[0], choice.p, Number(choice.g)), text: SDG.number(r[1], head.decimals) })]), SDG.element("td", { text: r[2] === null ? "" : SDG.number(r[2], head.decimals) }),
        SDG.element("td", { text: r[3] === null ? "" : SDG.number(r[3], head.decimals) }), SDG.element("td", { text: r[4] ? SDG.t(r[4]) : "" })]));
    });
    var made = SDG.element("table", { class: "plain" }, [SDG.element("caption", { text: sorted.length > most ? SDG.t("js_first", { n: most }) : "" }), SDG.element("thead", {}, [row]), body]);
    return made;
  };
  SDG.download = function (name, rows, names, head, choice) {
    var lines = [["ref_area", "area_name", "time_period", "group", "value", "ci_lower", "ci_upper", "remark", "unit"]];
    rows.forEach(function (r) { lines.push([SDG.code(r[0]), names[r[0]] || "", choice.p, head.groups[choice.g][SDG.one], fixed(r[1]), fixed(r[2]), fixed(r[3]), r[4] ? SDG.t(r[4]) : "", head.unit[SDG.one]]); });
    function fixed(value) { return value === null ? "" : value.toFixed(head.decimals); }
    SDG.csv(name + ".csv", lines);
  };
})();
