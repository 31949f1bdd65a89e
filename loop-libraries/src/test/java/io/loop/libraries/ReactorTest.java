package io.loop.libraries;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.wrapFuture;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.event.Loop;
import io.loop.task.CancelledError;
import io.loop.task.Task;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/// Reactor's publishers.
final class ReactorTest extends InCoroutines {

  @Test
  void toFuture_anOutcome_isAwaited() {
    run(() -> {
      assertThat(wrapFuture(Mono.just("a").toFuture()).await()).isEqualTo("a");
      assertThat(wrapFuture(Mono.empty().toFuture()).await()).isNull();
      assertThatThrownBy(() -> wrapFuture(Mono.error(new IOException("b")).toFuture()).await())
          .isInstanceOf(IOException.class);
    });
  }

  @Test
  void toFuture_cancelled_cancelsTheSubscription() {
    run(() -> {
      var cancelled = new AtomicBoolean();
      Mono<String> never = Mono.<String>never().doOnCancel(() -> cancelled.set(true));
      Task<String> waiting = createTask(() -> wrapFuture(never.toFuture()).await());
      turns();

      waiting.cancel();

      assertThatThrownBy(waiting::await).isInstanceOf(CancelledError.class);
      until(cancelled::get);
    });
  }

  @Test
  void block_inACoroutine_leavesTheLoopFreeAndIsCancelled() {
    run(() -> {
      var cancelled = new AtomicBoolean();
      Sinks.One<String> sink = Sinks.one();
      Task<@Nullable String> waiting = createTask(() -> sink.asMono().block());
      Task<@Nullable String> doomed =
          createTask(() -> Mono.<String>never().doOnCancel(() -> cancelled.set(true)).block());
      turns();

      sink.tryEmitValue("a").orThrow(); // on the same loop
      doomed.cancel();

      assertThat(waiting.await()).isEqualTo("a");
      assertThatThrownBy(doomed::await).isInstanceOf(CancelledError.class);
      assertThat(cancelled).isTrue();
    });
  }

  @Test
  void subscriber_ofASink_isNotOnTheLoop() throws Exception {
    Sinks.One<String> sink = Sinks.one();
    var seen = new CompletableFuture<@Nullable Loop>();
    run(() -> {
      var _ = sink.asMono().subscribe(_ -> seen.complete(Loop.runningOrNull()));
    });

    sink.tryEmitValue("a").orThrow();

    assertThat(get(seen)).isNull();
  }

  @Test
  void toIterable_leftEarly_staysSubscribed() {
    run(() -> {
      var cancelled = new AtomicBoolean();
      Flux<Integer> numbers = Flux.range(0, 1_000_000).doOnCancel(() -> cancelled.set(true));

      for (int _ : numbers.toIterable(1)) {
        break;
      }

      assertThat(cancelled).isFalse();
    });
  }

  @Test
  void toStream_leftEarly_endsTheSubscription() {
    run(() -> {
      var cancelled = new AtomicBoolean();
      Sinks.Many<Integer> sink = Sinks.many().unicast().onBackpressureBuffer();
      Flux<Integer> numbers = sink.asFlux().doOnCancel(() -> cancelled.set(true));
      createTask(() -> { // on the same loop
        for (int i = 0; i < 4; i++) {
          turns();
          sink.tryEmitNext(i).orThrow();
        }
      });

      List<Integer> taken = new ArrayList<>();
      try (var stream = numbers.toStream(1)) {
        for (var each = stream.iterator(); each.hasNext() && taken.size() < 3; ) {
          taken.add(each.next());
        }
      }

      assertThat(taken).containsExactly(0, 1, 2);
      assertThat(cancelled).isTrue();
    });
  }
}
