"""What an adapter is: a class with an options schema that hands over, polls, receives and looks at itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, BinaryIO, ClassVar, Literal, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from onewindow.kernel.forms.schema import Strict

# How long after the handover the other side may fetch the files.
FETCHABLE = timedelta(hours=24)


class Secret:
    """Marks an option kept encrypted, or named in the environment (env:ONEWINDOW_EXCHANGE_…), and never shown back."""


class Unsent(Exception):
    """`lasting`: trying again would fail the same way."""

    def __init__(self, message: str, *, lasting: bool = False) -> None:
        super().__init__(message)
        self.message, self.lasting = message, lasting


class Refused(Exception):
    """What arrived is not from the other system, or cannot be read; `genuine` once its signature was right."""

    def __init__(self, message: str, *, genuine: bool = False) -> None:
        super().__init__(message)
        self.message, self.genuine = message, genuine


@dataclass(frozen=True)
class Attached:
    """A file that was handed in; it goes along only where the adapter's options say so.

    `url` is our address for it: given out for FETCHABLE after the handover, to who signs the request as the system.
    """

    title: str
    name: str
    mime: str
    size: int
    sha256: str
    url: str
    open: Callable[[], BinaryIO]


@dataclass(frozen=True)
class Parcel:
    """One case on its way out. `key` is the same at every attempt: the other side takes it in once."""

    key: str
    number: str
    item: Mapping[str, str]
    agency: str
    submitted_at: datetime
    applicant: Mapping[str, str]
    form: Mapping[str, Any]
    papers: Sequence[Mapping[str, Any]]
    callback: str
    files: Sequence[Attached] = ()


@dataclass(frozen=True)
class Receipt:
    """Their number, "" where it comes later; `sent` names what was given to them, never the values."""

    number: str = ""
    sent: tuple[str, ...] = ()


Status = Literal["received", "accepted", "correcting", "working", "decided", "granted", "denied", "other"]


class Word(BaseModel):
    """What the other system says of one matter. `id` is the same however often it is said."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = Field(min_length=1, max_length=100)
    number: str = Field("", max_length=20)
    external: str = Field(min_length=1, max_length=60)
    status: Status
    at: AwareDatetime
    words: str = Field("", max_length=300)
    # Of matters that never were a case here: whose they are, and which item.
    item: str = Field("", max_length=50)
    applicant: str = Field("", max_length=80)


@dataclass(frozen=True)
class Polled:
    """`settle` is called once the words are kept: files may be put away, a cursor moved on."""

    words: Sequence[Word]
    cursor: str = ""
    settle: Callable[[], None] = lambda: None
    faults: Sequence[str] = ()


@dataclass(frozen=True)
class Finding:
    what: str
    good: bool
    told: str = ""


class AdapterOptions(Strict):
    pass


class Adapter(Protocol):
    title: ClassVar[str]
    about: ClassVar[str]
    sandbox: ClassVar[bool]
    Options: ClassVar[type[AdapterOptions]]
    Secrets: ClassVar[type[AdapterOptions]]
    options: Any

    def __init__(self, key: str, options: Mapping[str, Any], secrets: Mapping[str, str]) -> None: ...

    def check(self) -> list[Finding]:
        """Settings, reachability, credentials, clock, format: every finding in a sentence, good ones too."""
        ...

    def send(self, parcel: Parcel) -> Receipt:
        """Hand over one case, or `Unsent`. The same key twice is one case there."""
        ...

    def poll(self, cursor: str) -> Polled:
        """What was said since; `Unsent` when nobody answers. An adapter that is only called back has nothing to say."""
        ...

    def receive(self, path: str, headers: Mapping[str, str], body: bytes) -> list[Word]:
        """Words that came by themselves; `Refused` unless they are proven to be theirs."""
        ...

    def asks(self, path: str, headers: Mapping[str, str]) -> None:
        """They come for a file: `Refused` unless it is proven to be them, and files go along."""
        ...


@dataclass
class Quiet:
    """For adapters that are never called back."""

    key: str
    faults: list[str] = field(default_factory=list)

    def receive(self, path: str, headers: Mapping[str, str], body: bytes) -> list[Word]:
        raise Refused("这个外部系统不用回调。")

    def asks(self, path: str, headers: Mapping[str, str]) -> None:
        raise Refused("这个外部系统不来取文件。")
