package io.loop.event;

import io.loop.task.Coro;
import io.loop.task.Tasks;
import io.loop.testing.HoldUpContract;

final class ParkHoldUpTest extends HoldUpContract {

  @Override
  protected void run(Coro.Action main) {
    try (Loop loop = Loop.create(new ParkPoller())) {
      Tasks.runUntilComplete(loop, Coro.of(main));
    }
  }
}
