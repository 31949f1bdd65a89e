package io.loop.coroutine;

import java.util.concurrent.Semaphore;

/// The owner of one body. It counts how often the body came back from a blocking call.
///
/// @param body the body
/// @param comeBacks gets a permit each time
record TestOwner(Runnable body, Semaphore comeBacks) implements Coroutine.Owner {

  @Override
  public void runBody() {
    body.run();
  }

  @Override
  public void comeBack() {
    comeBacks.release();
  }
}
