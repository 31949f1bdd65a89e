package io.loop.event;

import io.loop.testing.CoroutineContract;

final class ParkCoroutineContractTest extends CoroutineContract {

  @Override
  protected Loop newLoop() {
    return Loop.create(new ParkPoller());
  }
}
