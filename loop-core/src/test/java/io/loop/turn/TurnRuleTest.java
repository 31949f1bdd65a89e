package io.loop.turn;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.Asyncio;
import java.lang.classfile.MethodModel;
import java.lang.reflect.AccessFlag;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// The rule of turns: a body may run beside its loop after a blocking call, so each public method
/// takes the turn before it uses the loop's state, and each scope takes it again after the
/// program's code. Exceptions are listed in [TurnRules], each with its reason.
final class TurnRuleTest {

  private static final TurnAnalysis LIBRARY = new TurnAnalysis(Asyncio.class);

  private static final Set<String> LISTED = new HashSet<>();

  static {
    LISTED.addAll(TurnRules.ANY_THREAD.keySet());
    LISTED.addAll(TurnRules.CALLED_WITH_THE_TURN.keySet());
  }

  private static boolean isPublic(String method, MethodModel model) {
    return model.flags().has(AccessFlag.PUBLIC)
        && LIBRARY.typeOf(method).flags().has(AccessFlag.PUBLIC);
  }

  /// Descriptions are for debuggers and reports on any thread, and may be out of date.
  private static boolean isDescription(String method) {
    String name = TurnRules.shortName(method);
    return name.endsWith(".toString")
        || name.startsWith("FutureCallGraph.")
        || name.endsWith("CallGraph");
  }

  /// {@return the public methods that use state without the turn, and where they do}
  private static Map<String, String> publicUses() {
    Map<String, String> uses = new TreeMap<>();
    LIBRARY
        .methods()
        .forEach((method, model) -> {
          String use = LIBRARY.follow(method, false).use();
          if (use != null && isPublic(method, model) && !isDescription(method)) {
            uses.put(method, use);
          }
        });
    return uses;
  }

  @Test
  void publicMethods_takeTheTurnOrAreListed() {
    Map<String, String> uses = publicUses();

    uses.keySet().removeIf(method -> LISTED.contains(TurnRules.shortName(method)));

    assertThat(uses)
        .as("take the turn before the state is used, or list the method in TurnRules with a reason")
        .isEmpty();
  }

  @Test
  void list_namesOnlyMethodsThatNeedIt() {
    var needed = new TreeSet<String>();
    publicUses().keySet().forEach(method -> needed.add(TurnRules.shortName(method)));

    assertThat(new TreeSet<>(LISTED)).isEqualTo(needed);
  }

  @Test
  void hiddenMethods_takeTheTurnAgainAfterTheProgramsCode() {
    List<String> uses = new ArrayList<>();
    LIBRARY
        .methods()
        .forEach((method, model) -> {
          String use = LIBRARY.follow(method, true).use();
          if (use != null && !TurnRules.isOnTheLoopsThread(method) && !isDescription(method)) {
            uses.add(method + " uses " + use);
          }
        });

    assertThat(uses).as("the program's code may have blocked: take the turn after it").isEmpty();
  }

  @Test
  void brokenMethods_areFound() {
    var analysis = new TurnAnalysis(TurnRuleTest.class);
    var found = new TreeSet<String>();
    analysis.methods().keySet().stream()
        .filter(method -> method.contains("BrokenTurns."))
        .filter(method -> analysis.follow(method, !method.contains("Branch")).use() != null)
        .forEach(method -> found.add(TurnRules.shortName(method)));

    assertThat(found)
        .containsExactly(
            "BrokenTurns.afterAFailure",
            "BrokenTurns.afterTheProgram",
            "BrokenTurns.inTheNextRound",
            "BrokenTurns.onOneBranch");
  }
}
