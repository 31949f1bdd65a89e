package io.loop.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class EnteredLoopTest {

  private record ThreadGuest(Loop loop, Thread thread) implements Guest {
    @Override
    public boolean isCurrentThread() {
      return Thread.currentThread() == thread;
    }

    @Override
    public void rejoin() {}
  }

  private record NamedGuests(String name, List<String> closed) implements GuestDirectory {
    @Override
    public int count() {
      return 0;
    }

    @Override
    public @Nullable Entry find(long threadId) {
      return null;
    }

    @Override
    public void close() {
      closed.add(name);
    }
  }

  private final List<String> closed = new ArrayList<>();

  @Test
  void enter_guestOfThisThread_isOnTheLoopUntilItLeaves() {
    try (Loop loop = Loop.create(new ParkPoller())) {
      EnteredLoop entered = loop.admitGuests(new NamedGuests("guests", closed));
      var guest = new ThreadGuest(loop, Thread.currentThread());

      Guest outer = entered.enter(guest);

      assertThat(outer).isNull();
      assertThat(loop.isOnLoop()).isTrue();
      assertThat(entered.enter(outer)).isSameAs(guest);
      assertThat(loop.isOnLoop()).isFalse();
    }
  }

  @Test
  void close_endsTheGuestsBeforeTheLoopsValues() {
    Loop loop = Loop.create(new ParkPoller());
    LoopLocal<AutoCloseable> value = LoopLocal.withInitial(_ -> () -> closed.add("value"));
    assertThat(value.get(loop)).isNotNull();
    EnteredLoop _ = loop.admitGuests(new NamedGuests("guests", closed));

    loop.close();

    assertThat(closed).containsExactly("guests", "value");
  }

  @Test
  void admitGuests_again_replacesTheDirectory() {
    Loop loop = Loop.create(new ParkPoller());
    EnteredLoop _ = loop.admitGuests(new NamedGuests("first", closed));
    EnteredLoop _ = loop.admitGuests(new NamedGuests("second", closed));

    loop.close();

    assertThat(closed).containsExactly("second");
  }
}
