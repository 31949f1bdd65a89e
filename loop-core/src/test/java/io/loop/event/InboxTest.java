package io.loop.event;

import static io.loop.testing.Threads.start;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.testing.Threads;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class InboxTest {

  private final Loop loop = Loop.create(new ParkPoller());
  private final Inbox inbox = new Inbox(loop);
  private final ReadyQueue ready = new ReadyQueue();

  private SharedHandle handle() {
    return new SharedHandle(loop, () -> {}, null);
  }

  private List<Handle> drain() {
    inbox.drainTo(ready);
    List<Handle> drained = new ArrayList<>();
    for (Handle handle; (handle = ready.poll()) != null; ) {
      drained.add(handle);
    }
    return drained;
  }

  @Test
  void drainTo_empty_addsNothing() {
    assertThat(inbox.isEmpty()).isTrue();
    assertThat(drain()).isEmpty();
  }

  @Test
  void drainTo_some_addsThemOldestFirst() {
    SharedHandle first = handle();
    SharedHandle second = handle();
    SharedHandle third = handle();
    inbox.add(first);
    inbox.add(second);
    inbox.add(third);

    assertThat(inbox.isEmpty()).isFalse();
    assertThat(drain()).containsExactly(first, second, third);
    assertThat(inbox.isEmpty()).isTrue();
  }

  @Test
  void drainTo_moreThanTheQueueHolds_addsThemBehindTheOthers() {
    List<Handle> expected = new ArrayList<>();
    for (int i = 0; i < 200; i++) { // so that the ring begins in the middle
      ready.add(handle());
      ready.poll();
    }
    for (int i = 0; i < 100; i++) {
      SharedHandle handle = handle();
      ready.add(handle);
      expected.add(handle);
    }
    for (int i = 0; i < 1_000; i++) {
      SharedHandle handle = handle();
      inbox.add(handle);
      expected.add(handle);
    }

    assertThat(drain()).containsExactlyElementsOf(expected);
  }

  @Test
  void drainTo_leavesNoLinksBehind() {
    SharedHandle first = handle();
    SharedHandle second = handle();
    inbox.add(first);
    inbox.add(second);

    drain();

    assertThat(first.below).isNull();
    assertThat(second.below).isNull();
  }

  @Test
  void closeInto_some_handsThemOverOldestFirst() {
    SharedHandle first = handle();
    SharedHandle second = handle();
    inbox.add(first);
    inbox.add(second);

    inbox.closeInto(ready);

    assertThat(drain()).containsExactly(first, second);
  }

  @Test
  void add_afterCloseAndADrain_isRefused() {
    inbox.add(handle());

    inbox.closeInto(ready);
    drain();

    assertThat(inbox.add(handle())).isFalse();
    assertThat(inbox.isEmpty()).isTrue();
  }

  @Test
  void add_byFourThreadsWhileItIsDrained_losesNothing() {
    int perThread = 10_000;
    List<CompletableFuture<Void>> adding = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      adding.add(
          start(() -> {
            for (int j = 0; j < perThread; j++) {
              inbox.add(handle());
            }
          }));
    }

    int drained = 0;
    while (!adding.stream().allMatch(CompletableFuture::isDone)) {
      drained += drain().size();
    }
    drained += drain().size();

    adding.forEach(Threads::join);
    assertThat(drained).isEqualTo(4 * perThread);
  }
}
