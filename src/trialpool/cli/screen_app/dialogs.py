"""What is asked in between: the reason of an exclusion, a note, and the help."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

KEYS = "123456789abcdefghijklmnopqrstuvwxyz"  # of the reasons, in the protocol's order


class ReasonDialog(ModalScreen[str | None]):
    """The reasons of the protocol, each with its key; None where one changes one's mind."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Back")]

    def __init__(self, reasons: Sequence[str], *, may_be_left_out: bool) -> None:
        super().__init__()
        self.reasons = tuple(reasons)
        self.left_out = ("0",) if may_be_left_out else ()

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Text("Why is it excluded?", "bold"))
            named = [Option(f"{key}  {reason}", id=reason) for key, reason in zip(KEYS, self.reasons, strict=False)]
            yield OptionList(*named, *(Option("0  no reason", id="") for _ in self.left_out), markup=False)
            yield Static(Text("A key, or the arrows and Enter. Escape: do not exclude it.", "dim"))

    def on_key(self, event: Key) -> None:
        """Take a reason by its key; the key must not reach the record that is shown next."""
        if event.character in self.left_out:
            event.stop()
            self.dismiss("")
        elif event.character and event.character in KEYS[: len(self.reasons)]:
            event.stop()
            self.dismiss(self.reasons[KEYS.index(event.character)])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option.id)

    def action_leave(self) -> None:
        self.dismiss(None)


class NoteDialog(ModalScreen[str | None]):
    """A line of text that goes with the next decision on what is shown."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Back")]

    def __init__(self, note: str) -> None:
        super().__init__()
        self.note = note

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Text("Note", "bold"))
            yield Input(self.note, placeholder="It is kept with your next decision on this record")
            yield Static(Text("Enter: keep it. Escape: leave it as it was.", "dim"))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(" ".join(event.value.split()))

    def action_leave(self) -> None:
        self.dismiss(None)


class TextDialog(ModalScreen[None]):
    """Something to read; any of these keys ends it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter,space,q,question_mark,a", "leave", "Back")]

    def __init__(self, title: str, text: Text) -> None:
        super().__init__()
        self.heading, self.text = title, text

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Text(self.heading, "bold"))
            yield Static(self.text)
            yield Static(Text("Escape: back.", "dim"))

    def action_leave(self) -> None:
        self.dismiss(None)
