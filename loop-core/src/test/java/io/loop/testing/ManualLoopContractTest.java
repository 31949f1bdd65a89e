package io.loop.testing;

import io.loop.event.Loop;
import java.time.Duration;

final class ManualLoopContractTest extends LoopContract {

  @Override
  protected Loop newLoop() {
    var manual = new ManualLoop();
    manual.setPatience(Duration.ofSeconds(30));
    return manual.loop();
  }
}
