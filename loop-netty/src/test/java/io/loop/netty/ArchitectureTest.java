package io.loop.netty;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.io.InputStream;
import java.lang.module.ModuleDescriptor;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// How the packages of this module depend on each other, and what it may use of the core, and of
/// the clock.
class ArchitectureTest {

  private static final String ROOT = "io.loop.netty";

  private static final String LOOPS = "loops";

  /// The packages, and those that each uses: all of them further up in this table.
  private static final Map<String, Set<String>> USES =
      Map.ofEntries(
          Map.entry("base", Set.of()),
          Map.entry("transport", Set.of("base")),
          Map.entry("served", Set.of("base")),
          Map.entry("poller", Set.of("base", "transport", "served")),
          Map.entry("name", Set.of("base", "transport", "poller")),
          Map.entry("socket", Set.of("base", "transport", "poller", "name")),
          Map.entry(LOOPS, Set.of("base", "transport", "poller", "name", "socket")),
          Map.entry("core", Set.of("base", "poller")),
          Map.entry("channel", Set.of("base", "served", LOOPS, "core")),
          Map.entry("datagram", Set.of("base", "transport", "poller", "name", "socket", "core")),
          Map.entry("tls", Set.of("base", "transport")),
          Map.entry("connection", Set.of("base", "transport", "served", "poller", "core", "tls")),
          Map.entry("proxy", Set.of("base", "transport", "connection")),
          Map.entry(
              "stream",
              Set.of(
                  "base",
                  "transport",
                  "served",
                  "poller",
                  "name",
                  "socket",
                  LOOPS,
                  "channel",
                  "tls",
                  "connection",
                  "proxy")));

  private static final List<String> BOTTOM_UP =
      List.of(
          "base",
          "transport",
          "served",
          "poller",
          "name",
          "socket",
          LOOPS,
          "core",
          "channel",
          "datagram",
          "tls",
          "connection",
          "proxy",
          "stream");

  private static final Set<String> EXPORTED =
      Set.of("transport", "name", LOOPS, "channel", "datagram", "stream");

  private static final int MOST_TYPES = 22;

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(ROOT);

  private static String room(JavaClass type) {
    String name = type.getPackageName();
    return name.equals(ROOT) ? LOOPS : name.substring(ROOT.length() + 1);
  }

  @Test
  void packages_useThoseBelowThem() {
    Map<String, Set<String>> used = new TreeMap<>();
    BOTTOM_UP.forEach(room -> used.put(room, new TreeSet<>()));

    for (JavaClass type : CLASSES) {
      for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
        JavaClass target = dependency.getTargetClass().getBaseComponentType();
        if (CLASSES.contain(target.getName()) && !room(target).equals(room(type))) {
          used.get(room(type)).add(room(target));
        }
      }
    }

    assertThat(used).isEqualTo(USES);
  }

  @Test
  void direction_isOne() {
    for (String room : BOTTOM_UP) {
      assertThat(BOTTOM_UP.subList(0, BOTTOM_UP.indexOf(room))).containsAll(USES.get(room));
    }
  }

  @Test
  void packages_areSmall() {
    Map<String, Long> sizes =
        CLASSES.stream()
            .filter(type -> !type.getName().contains("$") && !type.getSimpleName().isEmpty())
            .filter(type -> !type.getSimpleName().equals("module-info"))
            .collect(Collectors.groupingBy(ArchitectureTest::room, Collectors.counting()));

    assertThat(sizes.keySet()).isEqualTo(USES.keySet());
    assertThat(sizes.values()).allMatch(size -> size <= MOST_TYPES);
  }

  /// The types of the other packages are public for this module only.
  @Test
  void module_exportsThePackagesForPrograms() throws IOException {
    Set<String> exported =
        descriptor().exports().stream()
            .map(ModuleDescriptor.Exports::source)
            .collect(Collectors.toSet());

    assertThat(exported)
        .isEqualTo(
            EXPORTED.stream()
                .map(room -> room.equals(LOOPS) ? ROOT : ROOT + "." + room)
                .collect(Collectors.toSet()));
  }

  private static ModuleDescriptor descriptor() throws IOException {
    URI source = CLASSES.get(NettyLoop.class).getSource().orElseThrow().getUri();
    Path classes = Path.of(source);
    while (!Files.exists(classes.resolve("module-info.class"))) {
      classes = classes.getParent();
    }
    try (InputStream descriptor = Files.newInputStream(classes.resolve("module-info.class"))) {
      return ModuleDescriptor.read(descriptor);
    }
  }

  /// What other packages need of an exported one is for programs, or is in a package that is not
  /// exported.
  @Test
  void exportedTypes_showNoHiddenOnes() {
    Set<String> shown = new TreeSet<>();
    for (JavaClass type : CLASSES) {
      if (EXPORTED.contains(room(type)) && isPublic(type)) {
        type.getMembers().stream()
            .filter(member -> isVisible(member.getModifiers()))
            .flatMap(member -> member.getAllInvolvedRawTypes().stream())
            .map(JavaClass::getBaseComponentType)
            .filter(each -> CLASSES.contain(each.getName()))
            .filter(each -> !EXPORTED.contains(room(each)) || !isPublic(each))
            .forEach(each -> shown.add(type.getName() + " shows " + each.getName()));
      }
    }

    assertThat(shown).isEmpty();
  }

  private static boolean isPublic(JavaClass type) {
    return isVisible(type.getModifiers())
        && type.getEnclosingClass().map(ArchitectureTest::isPublic).orElse(true);
  }

  private static boolean isVisible(Set<JavaModifier> modifiers) {
    return modifiers.contains(JavaModifier.PUBLIC) || modifiers.contains(JavaModifier.PROTECTED);
  }

  @Test
  void netty_usesNeitherCarriersNorTheTestingKit() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.loop.coroutine", "io.loop.testing")
        .check(CLASSES);
  }

  @Test
  void nobodyButThePoller_readsTheTime() {
    noClasses()
        .that()
        .doNotHaveSimpleName("NettyPoller")
        .should()
        .callMethod(System.class, "nanoTime")
        .check(CLASSES);
  }
}
