package io.loop.testing;

import io.loop.event.Loop;
import java.time.Duration;

final class ManualCoroutineContractTest extends CoroutineContract {

  @Override
  protected Loop newLoop() {
    var manual = new ManualLoop();
    manual.setPatience(Duration.ofSeconds(30));
    return manual.loop();
  }
}
