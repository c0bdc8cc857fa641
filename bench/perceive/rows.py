"""What the parts of bench/perception give."""
import typing


class row(typing.NamedTuple):
    part: str
    what: str
    measured: str
    mark: str = ""
    met: typing.Optional[bool] = None  # None where nothing is demanded
