"""Runs the clock (Celery's beat) as a thread of a worker that was started with `--clock`.

Celery's own `-B` starts a process for it, which outlives a worker that is killed.
"""

from celery import bootsteps
from celery.beat import EmbeddedService
from celery.worker import WorkController
from click import Option

CLOCK_OPTION = Option(["--clock"], is_flag=True, help="Run the clock in this worker; give it to one worker only.")


class Clock(bootsteps.StartStopStep):
    """Starts and stops beat together with its worker."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, worker: WorkController, clock: bool = False, **options: object) -> None:
        self.enabled = clock
        super().__init__(worker, clock=clock, **options)

    def create(self, worker: WorkController) -> object:  # type: ignore[override]  # its types forget the answer
        # In memory: nothing that must survive lies in the schedule.
        return EmbeddedService(worker.app, thread=True, scheduler_cls=worker.app.conf.beat_scheduler)
