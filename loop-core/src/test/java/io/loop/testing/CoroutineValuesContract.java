package io.loop.testing;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.gather;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.context.Context;
import io.loop.context.ContextVar;
import io.loop.task.Task;
import org.junit.jupiter.api.Test;

/// What a coroutine carries and others do not see: contexts, scoped values and thread locals.
abstract class CoroutineValuesContract extends LoopFixture {

  private static final ContextVar<String> COLOR = ContextVar.of("color", "none");

  @Test
  void task_setsAVariable_keepsItOverSuspensionsAndToItself() {
    run(() -> {
      Task<Void> child =
          createTask(() -> {
            COLOR.set("red");
            sleep(TICK);
            log.add("child " + COLOR.get());
          });
      sleep(TICK);
      log.add("parent " + COLOR.get());
      child.await();
    });

    assertThat(log).containsExactlyInAnyOrder("child red", "parent none");
  }

  @Test
  void task_blockedInAJdkCall_keepsItsContext() {
    run(() -> {
      COLOR.set("red");
      letOthersRunMeanwhile(() -> COLOR.set("blue"));
      log.add(COLOR.get());
    });

    assertThat(log).containsExactly("red");
  }

  @Test
  void contextRun_overASuspension_keepsItsContextInside() {
    Context inner = Context.copyCurrent();

    run(() -> {
      COLOR.set("outer");
      inner.run(() -> {
        COLOR.set("inner");
        sleep(TICK);
        log.add(COLOR.get());
      });
      log.add(COLOR.get());
      sleep(TICK);
      log.add(COLOR.get());
    });

    assertThat(log).containsExactly("inner", "outer", "outer");
    assertThat(reports).isEmpty();
  }

  @Test
  void contextRun_overABlockingCall_keepsItsContextInside() {
    Context inner = Context.copyCurrent();

    run(() -> {
      inner.run(() -> {
        COLOR.set("inner");
        letOthersRunMeanwhile(() -> {});
        log.add(COLOR.get());
      });
      log.add(COLOR.get());
    });

    assertThat(log).containsExactly("inner", "none");
    assertThat(reports).isEmpty();
  }

  private static final ScopedValue<String> SCOPED = ScopedValue.newInstance();
  private static final ThreadLocal<String> LOCAL = ThreadLocal.withInitial(() -> "unset");

  @Test
  void scopedValue_boundInOneCoroutine_isUnboundInAnother() {
    run(() ->
        gather(
                () ->
                    ScopedValue.where(SCOPED, "mine")
                        .call(() -> {
                          sleep(TICK);
                          sleep(TICK);
                          return log.add(SCOPED.get());
                        }),
                () -> {
                  sleep(TICK);
                  return log.add("bound " + SCOPED.isBound());
                })
            .await());

    assertThat(log).containsExactly("bound false", "mine");
  }

  @Test
  void threadLocal_setInOneCoroutine_isUnsetElsewhere() {
    run(() -> {
      Task<Void> child =
          createTask(() -> {
            LOCAL.set("mine");
            sleep(TICK);
            sleep(TICK);
            log.add(LOCAL.get());
          });
      sleep(TICK);
      log.add(LOCAL.get());
      loop.callSoon(() -> log.add(LOCAL.get()));
      child.await();
    });

    assertThat(log).containsExactlyInAnyOrder("unset", "unset", "mine");
  }
}
