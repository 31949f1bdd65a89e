package io.loop.turn;

import io.loop.event.Loop;
import java.util.function.IntSupplier;

/// Methods that break the rule of turns, and one that follows it: what the analysis must find.
final class BrokenTurns {

  private int count;

  int count() {
    return count;
  }

  void afterTheProgram(IntSupplier body) {
    int more = body.getAsInt();
    count += more;
  }

  void onOneBranch(boolean takes) {
    if (takes) {
      Loop _ = Loop.running();
    }
    count++;
  }

  void afterAFailure(IntSupplier body) {
    try {
      int more = body.getAsInt();
      Loop _ = Loop.running();
      count += more;
    } finally {
      count++;
    }
  }

  void inTheNextRound(IntSupplier body) {
    for (int left = count; left > 0; left--) {
      count--;
      int _ = body.getAsInt();
    }
  }

  void correct(IntSupplier body) {
    int more = body.getAsInt();
    Loop _ = Loop.running();
    count += more;
  }
}
