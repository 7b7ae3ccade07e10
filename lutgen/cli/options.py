"""Options that several commands share, and what they mean: one meaning for each name."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields
from functools import wraps
from inspect import Parameter, signature
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from lutgen.chips.registry import families
from lutgen.cli import output
from lutgen.datasets.load import Dataset
from lutgen.datasets.table import DROP, REFUSE, TableOptions
from lutgen.datasets.tasks import AS_CLASSES, REGRESSION, TASKS
from lutgen.encode.encoder import SPECS
from lutgen.errors import ConfigError
from lutgen.jobs import samples
from lutgen.model import LutNetwork, Source

ModelFile = Annotated[Path, typer.Argument(help="Model file, as lutgen train writes it.")]
ModelOut = Annotated[Path, typer.Option("-o", "--output", help="Model file to write.")]
Data = Annotated[
    str | None,
    typer.Option(
        help="Data set: a name (lutgen datasets), or a file, read by what it holds (-: stdin); "
        "default: the one that the model was trained on."
    ),
]
TrainingData = Annotated[
    str,
    typer.Option(
        help="Data set: a name (lutgen datasets), or a file, read by what it holds (-: stdin)."
    ),
]
Task = Annotated[
    str | None,
    typer.Option(
        help=f"Two classes out of many: {TASKS}; or for boost: {REGRESSION}, labels are numbers; "
        f"{AS_CLASSES}, they are none."
    ),
]
Part = Annotated[
    str,
    typer.Option(
        help="test, train, all, or auto: all of a file that the model was not trained on, else "
        "the test part."
    ),
]
NSamples = Annotated[int, typer.Option(min=0, help="Use the first N samples; 0: all.")]
DataDir = Annotated[
    Path | None,
    typer.Option(
        help="Folder of the data sets, read only; default: $LUTGEN_DATA, or the user's cache, "
        "where what is missing is downloaded to."
    ),
]
LabelColumn = Annotated[
    str | None,
    typer.Option(
        help="Column of labels of a table: a name, or a place from 1; default: the one called "
        "label, class, target or y, else the last."
    ),
]
LabelIndex = Annotated[int | None, typer.Option(min=1, help="The same by its place alone, from 1.")]
Header = Annotated[
    str, typer.Option(help="Whether a table's first line names its columns: yes, no or auto.")
]
Keep = Annotated[
    list[str],
    typer.Option(help="Keep a column that seems to count the rows only; may be given again."),
]
Missing = Annotated[
    str,
    typer.Option(
        help="Values that a table lacks: refuse; drop their rows; or bit, for models that take "
        "them: a feature that some rows lack has a bit that tells so."
    ),
]
DropMissing = Annotated[bool, typer.Option("--drop-missing", help="Short for --missing drop.")]
Encoding = Annotated[
    str, typer.Option(help="Encoding of a table's text, e.g. latin-1; auto: UTF-8 or UTF-16.")
]
Delimiter = Annotated[
    str, typer.Option(help="What parts a table's columns: a character, tab, space or auto.")
]
Decimal = Annotated[str, typer.Option(help="Decimals of a table's numbers: point, comma or auto.")]
TestFraction = Annotated[
    float,
    typer.Option(help="Share set aside for testing where the set has no test part; 0: none."),
]
TestData = Annotated[
    str | None, typer.Option(help="A file of samples for testing; then none are set aside.")
]
SplitSeed = Annotated[int, typer.Option(help="Seed of that split.")]
NoDownload = Annotated[bool, typer.Option("--no-download", help="Never download anything.")]
Validation = Annotated[
    float, typer.Option(help="Share of the training samples to hold out and measure on.")
]
PostSynthesis = Annotated[
    str,
    typer.Option(
        help="Take what Yosys leaves, too: direct (our primitives as they are), optimised (Yosys "
        "decides) or both; or none."
    ),
]
Seed = Annotated[int, typer.Option(help="Fixes all that is drawn.")]
Shift = Annotated[int, typer.Option(help="Learn from images shifted by up to N pixels, too.")]
Warp = Annotated[
    float,
    typer.Option(help="Learn from images turned, scaled and slanted, too; 1: by some pixels."),
]
Mirror = Annotated[bool, typer.Option("--mirror", help="Learn from mirrored images, too.")]
Threads = Annotated[
    int | None, typer.Option(min=1, help="Threads; the result is the same for any number.")
]
Seeds = Annotated[
    int,
    typer.Option(
        min=1,
        max=1000,
        help="Run with N different seeds, of place and route; the best is kept.",
    ),
]
TIMEOUT_HELP = "Seconds that one run of a tool may take"
Timeout = Annotated[
    float, typer.Option(min=1, help=f"{TIMEOUT_HELP}: place and route, for each seed.")
]
EncoderSpec = Annotated[
    str | None, typer.Option(help=f"Features to bits: {SPECS}. Default: the data set's.")
]
BOARD_HELP = "A board (lutgen boards), a TOML file of yours, or module:Class."
CHIP_HELP = (
    f"Chip: FAMILY[-DEVICE[-GRADE]], e.g. ice40, ice40-hx8k or ecp5-25k-6; families: "
    f"{', '.join(families())}."
)
ChipName = Annotated[str, typer.Option(help=CHIP_HELP)]
Baud = Annotated[
    int, typer.Option(min=0, help="Bits a second on the serial line; 0: the board's usual ones.")
]


@dataclass(frozen=True)
class TableReading:
    """Options that say how a table is read."""

    label: LabelColumn = None
    label_index: LabelIndex = None
    header: Header = "auto"
    encoding: Encoding = "auto"
    delimiter: Delimiter = "auto"
    decimal: Decimal = "auto"

    @property
    def table(self) -> TableOptions:
        """What they say, for tables of features."""
        return TableOptions(**{item.name: getattr(self, item.name) for item in fields(self)})


@dataclass(frozen=True)
class SourceOptions:
    """Options that name labelled samples."""

    data: Data = None
    task: Task = None
    data_dir: DataDir = None
    label: LabelColumn = None
    label_index: LabelIndex = None
    header: Header = "auto"
    keep: Keep = field(default_factory=list)
    missing: Missing = REFUSE
    drop_missing: DropMissing = False
    encoding: Encoding = "auto"
    delimiter: Delimiter = "auto"
    decimal: Decimal = "auto"
    test_fraction: TestFraction = 0.2
    split_seed: SplitSeed = 0
    no_download: NoDownload = False

    @property
    def table(self) -> TableOptions:
        """What they say of a table of features alone."""
        reading = {item.name: getattr(self, item.name) for item in fields(TableReading)}
        return TableReading(**reading).table

    @property
    def source(self) -> Source | None:
        """What was named, if anything was.

        Raises
        ------
        ConfigError
            If it is said how a set is to be read, but not which.
        """
        known = {item.name for item in fields(Source)}
        told = {item.name: getattr(self, item.name) for item in fields(self) if item.name in known}
        told["keep"] = tuple(self.keep)
        if self.drop_missing:
            if self.missing not in (REFUSE, DROP):
                raise ConfigError(f"--drop-missing is --missing drop, not {self.missing}")
            told["missing"] = DROP
        if self.label is not None and self.label_index is not None:
            raise ConfigError("--label and --label-index say the same; give one of them")
        if self.data is not None:
            return Source(**told)
        for item in fields(Source):
            if item.name != "data" and told.get(item.name, item.default) != item.default:
                raise ConfigError(
                    f"--{item.name.replace('_', '-')} goes with --data; without it, the model's "
                    "own data is read as it was for training"
                )
        return None

    def load(self, network: LutNetwork | None = None) -> tuple[Source, Dataset]:
        """Load the data set that was named, or the one that the model was trained on."""
        source = self.source
        if network is not None:
            dataset = samples.dataset_for(
                network,
                source,
                self.data_dir,
                download=not self.no_download,
                progress=output.SHOWN,
            )
            return source or network.provenance.source or Source(dataset.name), dataset
        if source is None:
            raise ConfigError("name the data with --data")
        dataset = samples.load_source(
            source, self.data_dir, download=not self.no_download, progress=output.SHOWN
        )
        return source, dataset

    def samples(self, network: LutNetwork, part: str = samples.AUTO) -> samples.Chosen:
        """Return the samples to test a model on."""
        return samples.samples_for(
            network,
            self.source,
            part,
            self.data_dir,
            download=not self.no_download,
            progress=output.SHOWN,
        )


@dataclass(frozen=True)
class TrainingOptions(SourceOptions):
    """The same, where something has to be named."""

    data: TrainingData = "digits"
    test_data: TestData = None

    def load_classes_or_numbers(self, window: int = 0) -> tuple[Source, Dataset]:
        """Load what was named to learn from; numbers that are hardly classes are numbers.

        Parameters
        ----------
        window : int
            Steps of a series that a sample is to have; 0: samples are no windows.
        """
        source = self.source
        assert source is not None
        return samples.load_classes_or_numbers(
            source,
            self.data_dir,
            window=window,
            download=not self.no_download,
            progress=output.SHOWN,
        )


def option_group(parameter: str, group: type[Any]) -> Callable[..., Any]:
    """Give a command an option for each field of its parameter, a dataclass.

    Parameters
    ----------
    parameter : str
        Name of the command's parameter; its options stand where it stands.
    group : type
        The dataclass.
    """
    hints = get_type_hints(group, include_extras=True)
    extra = [
        Parameter(
            item.name,
            Parameter.KEYWORD_ONLY,
            default=[] if item.default is MISSING else item.default,
            annotation=hints[item.name],
        )
        for item in fields(group)
    ]

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        given = signature(command, eval_str=True)
        parameters = list(given.parameters.values())
        place = list(given.parameters).index(parameter)
        parameters[place : place + 1] = extra
        parameters = [item.replace(kind=Parameter.KEYWORD_ONLY) for item in parameters]

        @wraps(command)
        def wrapper(**values: Any) -> None:
            chosen = group(**{option.name: values.pop(option.name) for option in extra})
            command(**{parameter: chosen}, **values)

        wrapper.__signature__ = given.replace(  # type: ignore[attr-defined]
            parameters=parameters
        )
        wrapper.__annotations__ = {item.name: item.annotation for item in parameters}
        return wrapper

    return decorate


_MHZ = {"hz": 1e-6, "khz": 1e-3, "mhz": 1.0, "ghz": 1e3}


def parse_frequency_mhz(text: str) -> float:
    """Parse ``200MHz``, ``48 MHz`` or ``0.2GHz``; "" is 0.

    Raises
    ------
    ConfigError
        If it is not of that form, or zero.
    """
    if not text:
        return 0.0
    match = re.fullmatch(r"(\d{1,12}(?:\.\d{1,12})?)\s*([kmg]?hz)", text.strip().lower())
    if not match or not float(match[1]):
        raise ConfigError(f"a frequency must be a number with its unit, as in 200MHz; got {text!r}")
    return float(match[1]) * _MHZ[match[2]]


def parse_widths(text: str) -> tuple[int, ...]:
    """Parse ``1024x5`` or ``512,256x2``; "" is a network of its last LUT alone.

    Raises
    ------
    ConfigError
        If it is not of that form.
    """
    widths: list[int] = []
    for item in filter(None, text.replace(" ", "").split(",")):
        match = re.fullmatch(r"(\d{1,9})(?:x(\d{1,4}))?", item)
        if not match:
            raise ConfigError(
                f"widths must be LUTs a layer, as in 1024x5 or 512,256,256; got {text!r}"
            )
        widths += [int(match[1])] * int(match[2] or 1)
    return tuple(widths)
