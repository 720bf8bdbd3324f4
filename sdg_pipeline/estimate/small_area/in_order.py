"""Linear algebra that gives the same last bit with any number of threads.

NumPy's ``@`` and LAPACK hand long sums to BLAS, which cuts them by the threads that it finds. Two runs of a model would
differ in their last digits, and two releases of the same data with them. Here a sum is made in the order of the areas.
What belongs here: products and the QR decomposition over areas. What does not: systems of a few covariates, which BLAS
does not cut.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    Floats = NDArray[numpy.float64]

LETTERS = {(1, 1): "i,i->", (2, 1): "ij,j->i", (1, 2): "i,ij->j", (2, 2): "ij,jk->ik"}
"""``a @ b`` by the dimensions of both."""


def product(a: Floats, b: Floats) -> Floats:
    """``a @ b`` of vectors and matrices; without ``optimize`` einsum does not use BLAS."""
    import numpy

    summed: Floats = numpy.einsum(LETTERS[a.ndim, b.ndim], a, b, optimize=False)
    return summed


def dot(a: Floats, b: Floats) -> float:
    """The product of two vectors of the same length."""
    return float(product(a, b))


def decomposed(x: Floats) -> tuple[Floats, Floats]:
    """Q (m, p) and upper triangular R (p, p) with x = QR, of independent columns.

    Gram and Schmidt, each column twice, which makes Q orthogonal to rounding (Giraud, L., Langou, J. and Rozložník, M.
    (2005), The loss of orthogonality in the Gram-Schmidt orthogonalization process, Computers and Mathematics with
    Applications 50, 1069-1075).
    """
    import numpy

    basis, triangle = numpy.zeros_like(x), numpy.zeros((x.shape[1], x.shape[1]))
    for column in range(x.shape[1]):
        rest = x[:, column].copy()
        for _ in range(2):
            along = product(rest, basis[:, :column])
            rest -= product(basis[:, :column], along)
            triangle[:column, column] += along
        triangle[column, column] = dot(rest, rest) ** 0.5
        basis[:, column] = rest / triangle[column, column]
    return basis, triangle
