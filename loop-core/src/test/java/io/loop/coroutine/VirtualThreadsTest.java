package io.loop.coroutine;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.coroutine.JdkAccess.Jdk;
import io.loop.coroutine.JdkAccess.Unavailable;
import java.lang.reflect.InaccessibleObjectException;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// What is said about a JDK whose virtual threads are other than JDK 25's. Nothing may be thrown:
/// it would come out of a class initializer, and end every loop of the JVM.
@SuppressWarnings("DoNotCallSuggester") // methods of a JDK that is only looked at
final class VirtualThreadsTest {

  private static final String BUILDERS = "java.lang.ThreadBuilders";
  private static final String VIRTUAL = "java.lang.VirtualThread";
  private static final String THREAD = "java.lang.Thread";

  /// A scheduler that is no executor, as in builds of OpenJDK's loom repository.
  interface VirtualThreadScheduler {}

  static final class FewerParameters {
    static Thread newVirtualThread(Executor scheduler, String name, Runnable body) {
      throw new AssertionError();
    }
  }

  static final class OtherScheduler {
    static Thread newVirtualThread(
        VirtualThreadScheduler scheduler, String name, int characteristics, Runnable body) {
      throw new AssertionError();
    }
  }

  static final class OtherResult {
    static Runnable newVirtualThread(
        Executor scheduler, String name, int characteristics, Runnable body) {
      return body;
    }
  }

  static final class NotStatic {
    Thread newVirtualThread(Executor scheduler, String name, int characteristics, Runnable body) {
      throw new AssertionError();
    }
  }

  static final class NoContinuations {
    static Thread newVirtualThread(
        Executor scheduler, String name, int characteristics, Runnable body) {
      throw new UnsupportedOperationException("no continuations");
    }
  }

  static final class SchedulerIgnored {
    static Thread newVirtualThread(
        Executor scheduler, String name, int characteristics, Runnable body) {
      return Thread.ofVirtual().unstarted(body);
    }
  }

  static final class PlatformThread {
    static Thread newVirtualThread(
        Executor scheduler, String name, int characteristics, Runnable body) {
      return Thread.ofPlatform().daemon().unstarted(body);
    }
  }

  static final class NullThread {
    static Thread newVirtualThread(
        Executor scheduler, String name, int characteristics, Runnable body) {
      return null;
    }
  }

  static final class BodyNotRun {
    static Thread newVirtualThread(
        Executor scheduler, String name, int characteristics, Runnable body) throws Throwable {
      return real(scheduler, () -> {});
    }
  }

  static final class BodyRunElsewhere {
    static Thread newVirtualThread(
        Executor scheduler, String name, int characteristics, Runnable body) throws Throwable {
      return real(scheduler, () -> Thread.ofPlatform().daemon().start(body));
    }
  }

  static final class ParksAtTheEnd {
    static Thread newVirtualThread(
        Executor scheduler, String name, int characteristics, Runnable body) throws Throwable {
      return real(
          scheduler,
          () -> {
            body.run();
            LockSupport.park();
          });
    }
  }

  static final class StartedAlready {
    static Thread newVirtualThread(
        Executor scheduler, String name, int characteristics, Runnable body) throws Throwable {
      Thread thread = real(scheduler, body);
      thread.start();
      return thread;
    }
  }

  static final class LoomThread {
    VirtualThreadScheduler scheduler = new VirtualThreadScheduler() {};

    static VirtualThreadScheduler defaultScheduler() {
      return new VirtualThreadScheduler() {};
    }
  }

  /// The declared type says less than JDK 25's.
  static final class ObjectsThread {
    Object scheduler = "none";

    static Object defaultScheduler() {
      return new VirtualThreadScheduler() {};
    }
  }

  static final class NoDefaultScheduler {
    Executor scheduler = Runnable::run;
  }

  static final class NullScheduler {
    void afterYield() {}

    Executor scheduler = Runnable::run;

    static Executor defaultScheduler() {
      return null;
    }
  }

  static final class FailingScheduler {
    void afterYield() {}

    Executor scheduler = Runnable::run;

    static Executor defaultScheduler() {
      throw new IllegalStateException("not now");
    }
  }

  static final class FailingInitializer {
    void afterYield() {}

    static final Executor DEFAULT = fail();
    Executor scheduler = Runnable::run;

    static Executor defaultScheduler() {
      return DEFAULT;
    }

    private static Executor fail() {
      throw new IllegalStateException("no scheduler today");
    }
  }

  static final class NoSchedulerField {
    static Executor defaultScheduler() {
      return Runnable::run;
    }
  }

  static final class NoAfterYield {
    Executor scheduler = Runnable::run;

    static Executor defaultScheduler() {
      return Runnable::run;
    }
  }

  static final class NotAThread {
    Object threadLocals = "none";
    Object inheritableThreadLocals = "none";
  }

  static final class PrimitiveLocals {
    long threadLocals;
    Object inheritableThreadLocals = "none";
  }

  private static Thread real(Executor scheduler, Runnable body) throws Throwable {
    return (Thread)
        JdkAccess.open(Class::forName).newVirtualThread().invokeExact(scheduler, "", 0, body);
  }

  private static Jdk with(String name, Class<?> type) {
    return asked -> asked.equals(name) ? type : Class.forName(asked);
  }

  private static Jdk without(String name) {
    return asked -> Class.forName(asked.equals(name) ? "java.lang.Moved" : asked);
  }

  private static Jdk failing(Error fault) {
    return _ -> {
      throw fault;
    };
  }

  static Stream<Arguments> otherJdks() {
    String made = "a virtual thread with its own scheduler ";
    String noMethod = "there is no method %s.newVirtualThread(Executor, String, int, Runnable)";
    return Stream.of(
        Arguments.of(without(BUILDERS), "there is no class java.lang.Moved"),
        Arguments.of(without(VIRTUAL), "there is no class java.lang.Moved"),
        Arguments.of(
            with(BUILDERS, FewerParameters.class),
            noMethod.formatted(FewerParameters.class.getName())),
        Arguments.of(
            with(BUILDERS, OtherScheduler.class),
            noMethod.formatted(OtherScheduler.class.getName())),
        Arguments.of(
            with(BUILDERS, OtherResult.class),
            "has the type java.lang.Runnable, not java.lang.Thread"),
        Arguments.of(with(BUILDERS, NotStatic.class), "WrongMethodTypeException"),
        Arguments.of(with(BUILDERS, NoContinuations.class), made + "fails: "),
        Arguments.of(with(BUILDERS, NoContinuations.class), "no continuations"),
        Arguments.of(with(BUILDERS, SchedulerIgnored.class), made + "has another scheduler"),
        Arguments.of(with(BUILDERS, PlatformThread.class), made + "is not virtual"),
        Arguments.of(with(BUILDERS, NullThread.class), made + "fails: "),
        Arguments.of(with(BUILDERS, BodyNotRun.class), made + "does not run when"),
        Arguments.of(with(BUILDERS, BodyRunElsewhere.class), made + "does not"),
        Arguments.of(with(BUILDERS, ParksAtTheEnd.class), made + "does not end"),
        Arguments.of(with(BUILDERS, StartedAlready.class), made + "fails: "),
        Arguments.of(
            with(VIRTUAL, LoomThread.class),
            "VirtualThreadScheduler, not java.util.concurrent.Executor"),
        Arguments.of(
            with(VIRTUAL, ObjectsThread.class),
            "has the type java.lang.Object, not java.util.concurrent.Executor"),
        Arguments.of(
            with(VIRTUAL, NoDefaultScheduler.class),
            "there is no method " + NoDefaultScheduler.class.getName() + ".defaultScheduler()"),
        Arguments.of(with(VIRTUAL, NullScheduler.class), "defaultScheduler returns null"),
        Arguments.of(with(VIRTUAL, FailingScheduler.class), "not now"),
        Arguments.of(with(VIRTUAL, FailingInitializer.class), "ExceptionInInitializerError"),
        Arguments.of(
            with(VIRTUAL, NoAfterYield.class),
            "there is no method " + NoAfterYield.class.getName() + ".afterYield()"),
        Arguments.of(
            with(VIRTUAL, NoSchedulerField.class),
            "there is no field " + NoSchedulerField.class.getName() + ".scheduler"),
        Arguments.of(with(THREAD, String.class), "there is no field java.lang.String.threadLocals"),
        Arguments.of(with(THREAD, NotAThread.class), "ClassCastException"),
        Arguments.of(
            with(THREAD, PrimitiveLocals.class), "has the type long, not java.lang.Object"),
        Arguments.of(failing(new NoClassDefFoundError("java/lang/Moved")), "NoClassDefFoundError"),
        Arguments.of(failing(new OutOfMemoryError("metaspace")), "metaspace"));
  }

  @ParameterizedTest
  @MethodSource("otherJdks")
  void open_anotherJdk_saysWhatIsDifferentAndAdvisesNoFlag(Jdk jdk, String expected) {
    var opened = VirtualThreads.open(jdk);

    assertThat(opened.access()).isNull();
    Unavailable fault = opened.fault();
    assertThat(fault).hasMessageContaining(expected);
    assertThat(Carriers.reason(fault))
        .contains("the fast one supports JDK 25, and this is ", expected)
        .doesNotContain("--add-opens", "\n");
  }

  @Test
  void open_closedToUs_advisesTheFlagInOneWord() {
    var opened =
        VirtualThreads.open(_ -> {
          throw new InaccessibleObjectException("closed");
        });

    assertThat(opened.access()).isNull();
    assertThat(Carriers.reason(opened.fault()))
        .isEqualTo("the fast one needs the flag --add-opens=java.base/java.lang=ALL-UNNAMED");
  }

  @Test
  void open_thisJdk_isChecked() {
    var opened = VirtualThreads.open(Class::forName);

    assertThat(opened.fault()).isNull();
    assertThat(opened.access()).isNotNull();
  }

  @Test
  void open_byAnInterruptedVirtualThread_isCheckedAndKeepsTheInterrupt() throws Exception {
    var seen = new Object[2];
    Thread thread =
        Thread.ofVirtual()
            .start(() -> {
              Thread.currentThread().interrupt();
              seen[0] = VirtualThreads.open(Class::forName).access();
              seen[1] = Thread.interrupted();
            });
    thread.join();

    assertThat(seen[0]).isNotNull();
    assertThat(seen[1]).isEqualTo(true);
  }
}
