package io.loop;

import static io.loop.process.Subprocesses.createSubprocessExec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.channel.Broadcast;
import io.loop.channel.ChannelEnds;
import io.loop.channel.Receiver;
import io.loop.channel.Sender;
import io.loop.channel.Subscription;
import io.loop.channel.Watched;
import io.loop.channel.Watcher;
import io.loop.event.Handle;
import io.loop.event.Loop;
import io.loop.event.TimerHandle;
import io.loop.process.Subprocess;
import io.loop.process.SubprocessOptions;
import io.loop.scope.CancelScope;
import io.loop.scope.ExitStack;
import io.loop.scope.Generator;
import io.loop.scope.TaskGroup;
import io.loop.scope.TaskStatus;
import io.loop.scope.Timeout;
import io.loop.stream.StreamReader;
import io.loop.stream.StreamWriter;
import io.loop.stream.WriteTransport;
import io.loop.sync.Barrier;
import io.loop.sync.BoundedSemaphore;
import io.loop.sync.CapacityLimiter;
import io.loop.sync.Condition;
import io.loop.sync.Event;
import io.loop.sync.Hold;
import io.loop.sync.Lock;
import io.loop.sync.PriorityQueue;
import io.loop.sync.Queue;
import io.loop.sync.RateLimiter;
import io.loop.sync.Semaphore;
import io.loop.task.Coro;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.testing.ForeignCalls;
import io.loop.testing.ManualLoop;
import io.loop.testing.Threads;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

/// Debug mode refuses a call from a thread that is not the loop's, whatever the call.
final class WrongThreadTest {

  /// For any thread, as their contracts say.
  private static final Set<String> ANY_THREAD =
      Set.of(
          "AsCompleted.iterator", // its steps are checked
          "AsCompleted.results",
          "Barrier.parties",
          "Generator.iterator", // its steps are checked
          "Generator.stream", // its steps are checked
          "Handle.getContext",
          "Handle.isCancelled",
          "Loop.callExceptionHandler", // a failure must not be lost over where it was noticed
          "Loop.callSoonThreadsafe",
          "Loop.defaultExceptionHandler",
          "Loop.hasHost",
          "Loop.isAttached",
          "Loop.isClosed",
          "Loop.isDebug",
          "Loop.isOnLoop",
          "Loop.isRunning",
          "Loop.time",
          "LoopFuture.getLoop",
          "Queue.maxSize",
          "Receiver.iterator", // its steps are checked
          "StreamReader.asInputStream", // its reads are checked
          "StreamReader.iterator", // its steps are checked
          "StreamWriter.asOutputStream", // its writes are checked
          "Subscription.iterator", // its steps are checked
          "Subprocess.pid",
          "Subprocess.stdin",
          "Subprocess.stdout",
          "Subprocess.stderr",
          "Task.getName");

  /// For the layers that run a loop, which they do on the right thread, or refused for a better
  /// reason: a running loop can be neither run nor closed.
  private static final Set<String> LAYERS =
      Set.of("Loop.close", "Loop.requireRunnable", "Loop.runForever", "Loop.admitGuests");

  /// Types whose objects belong to no loop, or which check nothing because what is made of them
  /// does.
  private static final Set<String> NOT_OF_A_LOOP =
      Set.of(
          "Context",
          "ContextVar",
          "CurrentContext",
          "Coroutine",
          "CoroutinePool",
          "Delays", // of a Retry
          "EnteredLoop", // its layer's
          "InnerTask",
          "LoopBinding",
          "LoopLocal",
          "ManualLoop",
          "PermitLine",
          "PolledLoop", // its poller's
          "Runner",
          "SharedLock",
          "SharedQueue",
          "Token",
          "VirtualClock",
          "WaiterLine");

  private static final Duration LONG = Duration.ofHours(1);

  private final ManualLoop manual = new ManualLoop();

  WrongThreadTest() {
    manual.setPatience(Duration.ofSeconds(30));
    manual.loop().setDebug(true);
  }

  @AfterEach
  void close() {
    manual.close();
  }

  @Test
  void everyPublicMethod_isForAnyThreadOrTried() {
    Set<String> untried = ForeignCalls.methodsOf(Loop.class);

    untried.removeAll(ANY_THREAD);
    untried.removeAll(LAYERS);
    untried.removeIf(name -> NOT_OF_A_LOOP.contains(name.substring(0, name.indexOf('.'))));
    Set<String> tried =
        Stream.concat(tried().stream(), Stream.of("Subprocess")).collect(Collectors.toSet());
    untried.removeIf(name -> tried.contains(name.substring(0, name.indexOf('.'))));

    assertThat(untried).isEmpty();
  }

  private Set<String> tried() {
    var names = new AtomicReference<Set<String>>(Set.of());
    manual.run(() ->
        inScopes(objects ->
            names.set(
                objects.keySet().stream().map(Class::getSimpleName).collect(Collectors.toSet()))));
    return names.get();
  }

  @Test
  void everyMethod_calledByAnotherThread_isRefusedAndChangesNothing() {
    manual.run(() ->
        inScopes(objects -> {
          ForeignCalls.Result result = ForeignCalls.callAll(objects, both());

          assertThat(result.faults()).isEmpty();
          assertThat(result.called()).contains("Queue.putNowait", "TimerHandle.cancel");
        }));
  }

  private static Set<String> both() {
    return Stream.concat(ANY_THREAD.stream(), LAYERS.stream()).collect(Collectors.toSet());
  }

  private interface Trial {
    void run(Map<Class<?>, Object> objects) throws Exception;
  }

  /// One object of each type, in the scopes that some need.
  private static void inScopes(Trial trial) throws Exception {
    TaskGroup.run(group ->
        Timeout.after(null)
            .with(timeout -> {
              Loop loop = Loop.running();
              var objects = new LinkedHashMap<Class<?>, Object>();
              objects.put(Loop.class, loop);
              objects.put(Handle.class, loop.callSoon(() -> {}));
              TimerHandle timer = loop.callLater(LONG, () -> {});
              objects.put(TimerHandle.class, timer);
              objects.put(LoopFuture.class, new LoopFuture<String>());
              var started = new LoopFuture<@Nullable Void>();
              Task<@Nullable Void> task = group.createTask(() -> started.await());
              objects.put(Task.class, task);
              objects.put(TaskGroup.class, group);
              objects.put(Timeout.class, timeout);
              objects.put(CancelScope.class, new CancelScope());
              group.start(status -> {
                objects.put(TaskStatus.class, status);
                status.started("ready");
              });
              objects.put(AsCompleted.class, Asyncio.asCompleted(List.of(started)));
              objects.put(StreamReader.class, new StreamReader(loop, 100));
              objects.put(StreamWriter.class, new StreamWriter(loop, nothing(), null));
              objects.put(Lock.class, new Lock());
              objects.put(Event.class, new Event());
              objects.put(Condition.class, new Condition());
              objects.put(Semaphore.class, new Semaphore());
              objects.put(BoundedSemaphore.class, new BoundedSemaphore());
              objects.put(Barrier.class, new Barrier(2));
              objects.put(Queue.class, new Queue<String>());
              objects.put(PriorityQueue.class, new PriorityQueue<String>());
              objects.put(Hold.class, new Lock().hold());
              objects.put(CapacityLimiter.class, new CapacityLimiter(1));
              objects.put(RateLimiter.class, new RateLimiter(1, LONG));
              ChannelEnds<String> ends = ChannelEnds.open(1);
              objects.put(Sender.class, ends.sender());
              objects.put(Receiver.class, ends.receiver());
              var broadcast = new Broadcast<String>(1, Broadcast.WhenFull.WAIT);
              objects.put(Broadcast.class, broadcast);
              objects.put(Subscription.class, broadcast.subscribe());
              var watched = new Watched<>("first");
              objects.put(Watched.class, watched);
              objects.put(Watcher.class, watched.watch());
              Generator<String> generator = Generator.of(out -> out.emit("first"));
              objects.put(Generator.class, generator);
              objects.put(ExitStack.class, new ExitStack());
              trial.run(objects);
              timer.cancel();
              started.setResult(null);
              return true;
            }));
  }

  private static WriteTransport nothing() {
    return (WriteTransport)
        Proxy.newProxyInstance(
            WriteTransport.class.getClassLoader(),
            new Class<?>[] {WriteTransport.class},
            (_, _, _) -> null);
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void subprocess_touchedByAnotherThread_refuses() {
    Asyncio.run(() -> {
      Loop.running().setDebug(true);
      Loop.running().setSlowCallbackDuration(LONG);
      try (Subprocess cat = createSubprocessExec(SubprocessOptions.PIPES, "cat")) {
        ForeignCalls.Result result = ForeignCalls.callAll(Map.of(Subprocess.class, cat), both());

        assertThat(result.faults()).isEmpty();
        assertThat(result.called()).contains("Subprocess.kill");
        cat.kill();
        cat.waitFor();
      }
    });
  }

  @Test
  void queueThatSomebodyWaitsFor_touchedByAnotherThread_refusesAndWakesNobody() {
    manual.run(() -> {
      var queue = new Queue<String>();
      Task<String> getter = Asyncio.createTask(queue::get);
      Asyncio.sleep(Duration.ZERO);

      assertThatThrownBy(() -> Threads.join(Threads.start(() -> queue.putNowait("x"))))
          .hasMessageContaining("Queue.putNowait() was called on thread")
          .hasMessageContaining("loop.callSoonThreadsafe(");
      assertThat(queue.isEmpty()).isTrue();
      assertThat(getter.isDone()).isFalse();
      getter.cancel();
    });
  }

  @Test
  void generatorAndViewsOfStreams_askedByAnotherThread_refuse() {
    manual.run(() -> {
      Generator<String> generator = Generator.of(out -> out.emit("first"));
      var reader = new StreamReader(Loop.running(), 100);
      var writer = new StreamWriter(Loop.running(), nothing(), null);

      refused(() -> assertThat(generator.iterator().hasNext()).isTrue(), "Generator.hasNext");
      refused(() -> assertThat(generator.stream()).isEmpty(), "Generator.hasNext");
      refused(() -> reader.asInputStream().read(), "ReaderInput.read");
      refused(() -> writer.asOutputStream().write(1), "WriterOutput.write");
    });
  }

  private static void refused(Coro.Action call, String method) {
    assertThatThrownBy(() -> Threads.onThread(call))
        .hasMessageContaining("called on thread")
        .hasMessageContaining(method);
  }

  @Test
  void queueThatNoLoopHasUsed_mayBeFilledByAnyThread() {
    var queue = new AtomicReference<Queue<String>>();
    manual.run(() ->
        Threads.join(
            Threads.start(() -> {
              queue.set(new Queue<>());
              queue.get().putNowait("x");
            })));

    assertThat(manual.run(() -> queue.get().get())).isEqualTo("x");
  }

  @Test
  void objectsOfALoopThatHasEnded_mayBeReadByAnyThread() {
    var queue = new AtomicReference<Queue<String>>();
    manual.run(() -> {
      queue.set(new Queue<>());
      queue.get().putNowait("x");
    });

    assertThat(queue.get().getNowait()).isEqualTo("x");
  }

  @Test
  void descriptions_madeByAnotherThread_areNotRefused() {
    manual.run(() ->
        inScopes(objects ->
            Threads.join(
                Threads.start(() ->
                    assertThat(objects.values())
                        .allSatisfy(object -> assertThat(object.toString()).isNotNull())))));
  }

  @Test
  void withoutDebugMode_nothingIsRefused() {
    manual.loop().setDebug(false);
    manual.run(() -> {
      var queue = new Queue<String>();
      Threads.join(Threads.start(() -> queue.putNowait("x")));

      assertThat(queue.getNowait()).isEqualTo("x");
    });
  }
}
