"""Learning on a Dask cluster: estimators for dask arrays and dataframes.

It needs ``pip install lutgen[dask]``. The network is, to the last bit, that of a local fit on the
same rows, whatever the partitions and the workers.

Examples
--------
>>> from dask.distributed import Client                              # doctest: +SKIP
>>> from lutgen.dask import BoostedLutClassifier                     # doctest: +SKIP
>>> client = Client("tcp://scheduler:8786")                          # doctest: +SKIP
>>> model = BoostedLutClassifier(luts_per_class=40).fit(X, y)        # doctest: +SKIP
>>> model.network_.save("model.npz")                                 # doctest: +SKIP
"""

from lutgen.dask.estimators import (
    BoostedLutClassifier,
    BoostedLutRegressor,
    MemorizationClassifier,
)
from lutgen.dask.training import train

__all__ = ["BoostedLutClassifier", "BoostedLutRegressor", "MemorizationClassifier", "train"]
