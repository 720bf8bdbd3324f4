/* The scales of charts/axis.py and the runs of charts/trend.py, for what people choose in a browser. Constants come from Python. */
(function () {
  "use strict";
  var SDG = window.SDG, C = SDG.SCALE;
  function rounded(x) { return Number(x.toFixed(C.digits)); }
  function roundStep(rough) {
    var power = Math.pow(10, Math.floor(Math.log10(rough)));
    return [1, 2, 5, 10].filter(function (f) { return f * power >= rough; })[0] * power;
  }
  /* An axis around the values; it begins at zero where zero is nearer to them than they are apart. */
  SDG.axis = function (values) {
    var low = values.reduce(function (a, b) { return Math.min(a, b); }, Infinity), high = values.reduce(function (a, b) { return Math.max(a, b); }, -Infinity);
    if (high - low < C.resolution) {
      var around = Math.abs(low) > C.resolution ? Math.abs(low) / 10 : 1;
      low -= around; high += around;
    }
    var begins = 0 <= low && low <= high - low, ends = low - high <= high && high <= 0, margin = C.margin * (high - low);
    low = begins ? 0 : low - margin;
    high = ends ? 0 : high + margin;
    var step = roundStep((high - low) / C.steps), ticks = [];
    for (var n = Math.ceil(rounded(low / step)); n <= Math.floor(rounded(high / step)); n++) ticks.push(rounded(n * step));
    return {
      low: low, high: high, ticks: ticks, decimals: Math.max(0, -Math.floor(Math.log10(step))), hasZero: low <= 0 && 0 <= high,
      place: function (value, start, end) { return start + (end - start) * (value - low) / (high - low); }
    };
  };
  /* Where the second and later classes begin, each with as many values. */
  SDG.limits = function (values) {
    var sorted = values.slice().sort(function (a, b) { return a - b; }), limits = [];
    for (var n = 1; n < C.classes; n++) {
      var limit = sorted[Math.floor(sorted.length * n / C.classes)];
      if (limit > sorted[0] && limits.indexOf(limit) < 0) limits.push(limit);
    }
    return limits;
  };
  SDG.classOf = function (value, limits) { return limits.filter(function (limit) { return value >= limit; }).length; };
  /* Points {value, forecast, breaks} that a line joins, as lists: of measured ones, and of forecasts from the last measured one on. */
  SDG.runs = function (points) {
    function joined(list, without) {
      var runs = [[]];
      list.forEach(function (p) {
        if (p.value === null || (without && p.forecast)) runs.push([]);
        else if (p.breaks) runs.push([p]);
        else runs[runs.length - 1].push(p);
      });
      return runs.filter(function (run) { return run.length > 1; });
    }
    var forecasts = points.filter(function (p) { return p.forecast; }), measured = points.filter(function (p) { return !p.forecast; });
    return { lines: joined(points, true), forecasts: forecasts.length ? joined(measured.slice(-1).concat(forecasts)) : [] };
  };
})();
