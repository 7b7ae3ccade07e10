"""The ports of a core's registers: clock, reset and clock enable, and what they are called."""

from __future__ import annotations

from dataclasses import dataclass

from lutgen.errors import ConfigError

NO_RESET = "none"
RESETS = {
    NO_RESET: "no reset: registers hold what comes through them",
    "high": "synchronous, active high",
    "low": "synchronous, active low",
    "async-high": "asynchronous, active high",
    "async-low": "asynchronous, active low",
}
"""Each kind of reset, and what it is."""

PORT_NAMES = {
    "plain": ("clk", "rst", "rst_n", "ce"),
    "axi": ("aclk", "areset", "aresetn", "aclken"),
}
"""By whose custom ports are called: clock, reset that is active high, low, and clock enable."""


@dataclass(frozen=True)
class Controls:
    """The ports of a core's registers, which it has if it has registers.

    A reset sets every register to 0, enabled or not. Where the clock is not enabled, every register
    holds what it has.

    Parameters
    ----------
    clock : str
    reset, enable : str
        "" for none.
    active_low, asynchronous : bool
        Of the reset.
    """

    clock: str = "clk"
    reset: str = ""
    enable: str = ""
    active_low: bool = False
    asynchronous: bool = False

    @classmethod
    def of(cls, reset: str, *, enable: bool, port_names: str) -> Controls:
        """Return the ports that are asked for.

        Raises
        ------
        ConfigError
            If there is no such reset, or nobody calls ports so.
        """
        if reset not in RESETS:
            raise ConfigError(f"there is no reset {reset!r}; there are: {', '.join(RESETS)}")
        if port_names not in PORT_NAMES:
            raise ConfigError(
                f"there are no port names {port_names!r}; there are: {', '.join(PORT_NAMES)}"
            )
        clock, high, low, enabled = PORT_NAMES[port_names]
        active_low = reset.endswith("low")
        return cls(
            clock,
            "" if reset == NO_RESET else low if active_low else high,
            enabled if enable else "",
            active_low,
            reset.startswith("async"),
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The ports, in their order."""
        return tuple(filter(None, (self.clock, self.reset, self.enable)))

    @property
    def is_plain(self) -> bool:
        """Whether registers do nothing but take what comes, each cycle."""
        return not (self.reset or self.enable)

    @property
    def idle(self) -> dict[str, int]:
        """What reset and enable are in ordinary work."""
        held = {self.reset: int(self.active_low)} if self.reset else {}
        return held | ({self.enable: 1} if self.enable else {})

    def connections(self, clock: str, reset: str, enable: str = "1'b1") -> str:
        """Return the ports of an instance in Verilog, each followed by a comma.

        Parameters
        ----------
        clock, reset, enable : str
            What drives them; the reset active high.
        """
        wires = [f".{self.clock}({clock}), "]
        if self.reset:
            wires.append(f".{self.reset}({'!' * self.active_low}{reset}), ")
        if self.enable:
            wires.append(f".{self.enable}({enable}), ")
        return "".join(wires)

    def describe(self) -> list[tuple[str, str]]:
        """Return each port with what it is, for people."""
        told = [(self.clock, "clock, rising edge")]
        if self.reset:
            kind = "asynchronous" if self.asynchronous else "synchronous"
            level = "low" if self.active_low else "high"
            told.append((self.reset, f"reset, active {level}, {kind}: registers become 0"))
        if self.enable:
            told.append((self.enable, "clock enable: registers hold where it is 0"))
        return told
