"""Workbooks (XLSX, ECMA-376) of indicators and areas."""
