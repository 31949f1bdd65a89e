package io.loop.event;

import io.loop.Asyncio;
import io.loop.task.Coro;
import io.loop.testing.LockContract;

final class ParkLockContractTest extends LockContract {

  @Override
  protected void run(Coro.Action main) {
    try (Loop loop = Loop.create(new ParkPoller())) {
      Asyncio.runUntilComplete(loop, Coro.of(main));
    }
  }
}
