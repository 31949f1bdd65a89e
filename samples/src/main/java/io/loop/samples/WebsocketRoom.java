package io.loop.samples;

import static io.loop.Asyncio.sleep;

import io.loop.sync.Lock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// The room: its peers, and what is said to all of them.
///
/// Everything runs on one loop, so the peers need no lock. `floor` is for the order only.
final class WebsocketRoom {

  /// What a peer may ask of the room.
  ///
  /// @param peers how many peers may be in the room
  /// @param message the largest message, in bytes
  /// @param waiting how many messages may wait for a peer
  /// @param rate how many messages a peer may send in a second
  /// @param ping how often a peer is asked whether it is there
  record Limits(int peers, int message, int waiting, int rate, Duration ping) {

    /// {@return how long nothing may come from a peer}
    Duration silence() {
      return ping.multipliedBy(2);
    }
  }

  private static final int LISTED = 50;

  private final Limits limits;
  private final BooleanSupplier closing;
  private final Map<String, WebsocketPeer> peers = new TreeMap<>();
  private final Lock floor = new Lock();

  /// Creates an empty room.
  ///
  /// @param closing whether the server is shutting down
  WebsocketRoom(Limits limits, BooleanSupplier closing) {
    this.limits = limits;
    this.closing = closing;
  }

  Limits limits() {
    return limits;
  }

  boolean isClosing() {
    return closing.getAsBoolean();
  }

  /// {@return why a peer cannot have a name, or null if it can}
  @Nullable String obstacle(String name) {
    if (!Chat.isName(name)) {
      return "a name has 1 to 16 letters, digits, - and _";
    }
    if (peers.containsKey(name)) {
      return name + " is in the room already";
    }
    return peers.size() < limits.peers() ? null : "the room is full";
  }

  void enter(String name, WebsocketPeer peer) {
    peers.put(name, peer);
  }

  void leave(String name, WebsocketPeer peer) {
    peers.remove(name, peer);
  }

  /// Says something to all peers, in the order of the calls. Suspends until the peers that read
  /// have got it; never waits for one that does not.
  void say(String line) {
    try (var _ = floor.hold()) {
      List.copyOf(peers.values()).forEach(peer -> peer.offer(line)); // one that is too slow leaves
      sleep(Duration.ZERO); // the writers' turn
    }
  }

  /// {@return a line with the names}
  String who() {
    String some = String.join(", ", peers.keySet().stream().limit(LISTED).toList());
    int more = peers.size() - LISTED;
    return peers.size() + " here: " + some + (more > 0 ? " and " + more + " more" : "");
  }
}
