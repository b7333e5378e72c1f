"""Arrow's compute functions. They are made when pyarrow is imported, so that no type checker knows them."""

from typing import Any, Final

import pyarrow.compute

pc: Final[Any] = pyarrow.compute
