"""Every SQL statement about jobs. Functions take `conn` first and never commit; row and event change together."""

from labelhub.jobs.store import leases, pending
from labelhub.jobs.store.claim import (
    Block,
    Hand,
    Leaving,
    claim,
    claimable,
    explain,
    explain_unclaimed,
    has_queued,
    printing_on,
    unclaimed_needs,
    urgent,
)
from labelhub.jobs.store.history import (
    SHOWN_PAGES,
    Backlog,
    Place,
    backlog,
    depths,
    fields_of,
    forget,
    history,
    labels_of,
    place_of,
    queue,
    shown,
    some,
    wanting,
)
from labelhub.jobs.store.inhand import (
    complete,
    found_out,
    give_back,
    give_up,
    leave_out,
    lose,
    note,
    progress,
    recall,
    requeue,
    sending,
    sheets,
    strand,
    take_over,
)
from labelhub.jobs.store.rows import get
from labelhub.jobs.store.submit import Once, retry, submit, submitted
from labelhub.jobs.store.turn import Taken, complete_and_take, take
from labelhub.jobs.store.wishes import cancel, clear, confirm, move, pause, place, prioritise, remove_printer, resume

__all__ = [
    "SHOWN_PAGES", "Backlog", "Block", "Hand", "Leaving", "Once", "Place", "Taken", "backlog", "cancel", "claim", "claimable",
    "clear", "complete", "complete_and_take", "confirm", "depths", "explain", "explain_unclaimed", "fields_of", "forget",
    "found_out", "get", "give_back", "give_up", "has_queued", "history", "labels_of", "leases", "leave_out", "lose", "move",
    "note", "pause", "pending", "place", "place_of", "printing_on", "prioritise", "progress", "queue", "recall",
    "remove_printer", "requeue", "resume", "retry", "sending", "sheets", "shown", "some", "strand", "submit", "submitted",
    "take", "take_over", "unclaimed_needs", "urgent", "wanting",
]  # fmt: skip
