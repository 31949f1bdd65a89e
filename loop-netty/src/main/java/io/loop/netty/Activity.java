package io.loop.netty;

/// What a [Sweeper] wants to know of a connection; its loop's thread.
final class Activity {

  private boolean active;
  private int looks;
  private int silentLooks;
  private long received;

  void received(int bytes) {
    active = true;
    received += bytes;
  }

  void sent() {
    active = true;
  }

  /// Notes whether anything has happened since the last call.
  void look() {
    looks++;
    silentLooks = active ? 0 : silentLooks + 1;
    active = false;
  }

  int looks() {
    return looks;
  }

  int silentLooks() {
    return silentLooks;
  }

  long received() {
    return received;
  }
}
