package io.loop;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.loop.testing.Rooms;
import java.lang.reflect.AccessibleObject;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// How the packages may depend on each other, and what only certain classes may touch.
final class ArchitectureTest {

  private static final JavaClasses MAIN =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.loop");

  /// The packages, and those that each uses: all of them further up in this table. The package
  /// `io.loop` itself is `.`.
  private static final Map<String, Set<String>> USES =
      Map.ofEntries(
          Map.entry("base", Set.of()),
          Map.entry("context", Set.of()),
          Map.entry("coroutine", Set.of("base")),
          Map.entry("watchdog", Set.of()),
          Map.entry("event", Set.of("base", "context", "coroutine", "watchdog")),
          Map.entry("task", Set.of("base", "context", "coroutine", "event")),
          Map.entry("sync", Set.of("coroutine", "event", "task")),
          Map.entry("scope", Set.of("base", "event", "sync", "task")),
          Map.entry("channel", Set.of("sync", "task")),
          Map.entry("stream", Set.of("event", "task")),
          Map.entry("process", Set.of("event", "stream", "task")),
          Map.entry("signal", Set.of("context", "event", "task")),
          Map.entry(".", Set.of("base", "context", "event", "scope", "signal", "task")),
          Map.entry("testing", Set.of("event", "task")));

  private static final List<String> BOTTOM_UP =
      List.of(
          "base",
          "context",
          "coroutine",
          "watchdog",
          "event",
          "task",
          "sync",
          "scope",
          "channel",
          "stream",
          "process",
          "signal",
          ".",
          "testing");

  private static final Set<String> HIDDEN = Set.of("base", "coroutine", "signal", "watchdog");

  private static final int MOST_TYPES = 22;

  /// Larger than the others, because each of their types uses hidden parts of the next.
  private static final Map<String, Integer> KNOTS = Map.of("event", 40, "task", 43);

  private static final Rooms ROOMS = new Rooms(MAIN, "io.loop");

  @Test
  void packages_useThoseBelowThem() {
    assertThat(ROOMS.uses()).isEqualTo(USES);
  }

  @Test
  void direction_isOne() {
    assertThat(BOTTOM_UP).containsExactlyInAnyOrderElementsOf(USES.keySet());
    for (String room : BOTTOM_UP) {
      assertThat(BOTTOM_UP.subList(0, BOTTOM_UP.indexOf(room))).containsAll(USES.get(room));
    }
  }

  @Test
  void packages_areSmall() {
    assertThat(ROOMS.sizes())
        .allSatisfy((room, size) ->
            assertThat(size)
                .as(room)
                .isLessThanOrEqualTo(KNOTS.getOrDefault(room, MOST_TYPES).longValue()));
  }

  /// The types of the other packages are public for this module only.
  @Test
  void module_exportsThePackagesForPrograms() {
    Set<String> all = new HashSet<>(USES.keySet());
    all.removeAll(HIDDEN);

    assertThat(ROOMS.exported()).isEqualTo(all);
  }

  @Test
  void exportedTypes_showNoHiddenOnes() {
    assertThat(ROOMS.hiddenTypesShown()).isEmpty();
  }

  @Test
  void imported_areTheClassesOfThisModule() {
    assertThat(MAIN.contain("io.loop.Asyncio")).isTrue();
    assertThat(MAIN.contain("io.loop.coroutine.LoopCarrier")).isTrue();
    assertThat(MAIN.contain("io.loop.ArchitectureTest")).isFalse();
  }

  @Test
  void clock_isReadByPollersOnly() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName("io.loop.event.ParkPoller")
        .and()
        .haveNameNotMatching("io\\.loop\\.testing\\.ManualLoop\\$.*")
        .should()
        .callMethodWhere(
            target(nameMatching("nanoTime|currentTimeMillis"))
                .and(target(describe("of System", t -> t.getOwner().isEquivalentTo(System.class)))))
        .check(MAIN);
  }

  @Test
  void inaccessibleCode_isOpenedByOneClassOnly() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName("io.loop.coroutine.JdkAccess")
        .should()
        .callMethodWhere(
            target(nameMatching("setAccessible|trySetAccessible"))
                .and(
                    target(
                        describe(
                            "of reflection",
                            t -> t.getOwner().isAssignableTo(AccessibleObject.class)))))
        .check(MAIN);
  }

  @Test
  void logging_isTheSystemLoggersAlone() {
    noClasses()
        .should()
        .dependOnClassesThat(
            resideInAPackage("java.util.logging..")
                .or(resideInAPackage("org.slf4j.."))
                .or(resideInAPackage("org.apache..")))
        .check(MAIN);
  }

  @Test
  void netty_isUnknown() {
    noClasses().should().dependOnClassesThat(resideInAPackage("io.netty..")).check(MAIN);
  }

  @Test
  void threadSleep_isCalledByNobody() {
    noClasses()
        .should()
        .callMethodWhere(
            target(nameMatching("sleep"))
                .and(target(describe("of Thread", t -> t.getOwner().isEquivalentTo(Thread.class)))))
        .check(MAIN);
  }

  /// A resumed coroutine must find no monitor held by the thread below it: see SharedHandle.
  @Test
  void handles_areNotSynchronized() {
    List<String> synchronizedMethods =
        MAIN.stream()
            .filter(type -> type.isAssignableTo("io.loop.event.Handle"))
            .flatMap(type -> type.getMethods().stream())
            .filter(method -> method.getModifiers().contains(JavaModifier.SYNCHRONIZED))
            .map(method -> method.getFullName())
            .toList();

    assertThat(synchronizedMethods).isEmpty();
  }
}
