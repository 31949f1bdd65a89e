package io.loop;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.lang.reflect.AccessibleObject;
import java.util.List;
import org.junit.jupiter.api.Test;

/// How the packages may depend on each other, and what only certain classes may touch.
final class ArchitectureTest {

  private static final JavaClasses MAIN =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.loop");

  @Test
  void packages_dependDownwardsOnly() {
    ArchRule rule =
        layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("functions")
            .definedBy("io.loop")
            .layer("sync")
            .definedBy("io.loop.sync")
            .layer("channel")
            .definedBy("io.loop.channel")
            .layer("scope")
            .definedBy("io.loop.scope")
            .layer("process")
            .definedBy("io.loop.process")
            .layer("stream")
            .definedBy("io.loop.stream")
            .layer("task")
            .definedBy("io.loop.task")
            .layer("context")
            .definedBy("io.loop.context")
            .layer("coroutine")
            .definedBy("io.loop.coroutine")
            .layer("event")
            .definedBy("io.loop.event")
            .layer("base")
            .definedBy("io.loop.base")
            .layer("tools")
            .definedBy("io.loop.testing")
            .whereLayer("tools")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("functions")
            .mayOnlyBeAccessedByLayers("tools")
            .whereLayer("sync")
            .mayOnlyBeAccessedByLayers("functions", "channel", "scope", "tools")
            .whereLayer("channel")
            .mayOnlyBeAccessedByLayers("functions", "scope", "tools")
            .whereLayer("scope")
            .mayOnlyBeAccessedByLayers("functions", "tools")
            .whereLayer("process")
            .mayOnlyBeAccessedByLayers("functions", "tools")
            .whereLayer("stream")
            .mayOnlyBeAccessedByLayers("functions", "process", "tools")
            .whereLayer("task")
            .mayOnlyBeAccessedByLayers(
                "functions", "sync", "channel", "scope", "process", "stream", "tools")
            .whereLayer("coroutine")
            .mayOnlyBeAccessedByLayers(
                "functions",
                "sync",
                "channel",
                "scope",
                "process",
                "stream",
                "task",
                "event",
                "tools")
            .whereLayer("context")
            .mayOnlyBeAccessedByLayers(
                "functions",
                "sync",
                "channel",
                "scope",
                "process",
                "stream",
                "task",
                "event",
                "tools")
            .whereLayer("event")
            .mayOnlyBeAccessedByLayers(
                "functions", "sync", "channel", "scope", "process", "stream", "task", "tools");

    rule.check(MAIN);
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
