/* The pages that compare places and query an indicator; indicator.js is not loaded there. */
(function () {
  "use strict";
})();
