package io.loop.event;

import io.loop.testing.LoopContract;

final class ParkLoopContractTest extends LoopContract {

  @Override
  protected Loop newLoop() {
    return Loop.create(new ParkPoller());
  }
}
