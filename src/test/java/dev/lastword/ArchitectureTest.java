package dev.lastword;

import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import io.netty.channel.ChannelPipeline;
import org.junit.jupiter.api.Test;

/** The arrows between the packages, and what holds everywhere. An arrow that a rule forbids is a design decision: change it first. */
class ArchitectureTest {
  private static final JavaClasses OURS =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.lastword");

  private static final String[] COMMAND_LINE = {
    "dev.lastword", "dev.lastword.demo..", "dev.lastword.cli.."
  };

  @Test
  void the_rules_see_the_program() {
    assertThat(OURS).hasSizeGreaterThan(100);
    assertThat(OURS.contain(Proxy.class)).isTrue();
  }

  @Test
  void nothing_inside_knows_the_proxy_that_puts_it_together() {
    check(
        noClasses()
            .that()
            .resideInAPackage("dev.lastword.*..")
            .and()
            // A part of the command line, as "run" is.
            .resideOutsideOfPackage("dev.lastword.demo..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("dev.lastword"));
  }

  @Test
  void the_demo_stands_apart() {
    check(
        noClasses()
            .that()
            .resideInAnyPackage("dev.lastword.*..")
            .and()
            .resideOutsideOfPackage("dev.lastword.demo..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("dev.lastword.demo.."));
  }

  @Test
  void the_commands_for_a_running_proxy_know_nothing_but_its_api() {
    check(knowsNoneBut("dev.lastword.cli.."));
    check(knowsNoNetty("dev.lastword.cli.."));
    check(
        noClasses()
            .that()
            .resideInAPackage("dev.lastword.*..")
            .and()
            .resideOutsideOfPackage("dev.lastword.cli..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("dev.lastword.cli.."));
  }

  @Test
  void the_configuration_knows_nothing_of_what_it_configures() {
    check(knowsNoneBut("dev.lastword.config.."));
  }

  @Test
  void tls_knows_only_its_configuration() {
    check(knowsNoneBut("dev.lastword.tls..", "dev.lastword.config.."));
  }

  @Test
  void relay_knows_no_protocol_and_no_session() {
    check(knowsNoneBut("dev.lastword.relay..", "dev.lastword.config.."));
  }

  @Test
  void those_who_count_know_nobody() {
    check(knowsNoneBut("dev.lastword.status.."));
  }

  @Test
  void a_session_knows_its_links_and_no_protocol() {
    check(
        knowsNoneBut(
            "dev.lastword.session..",
            "dev.lastword.server..",
            "dev.lastword.config..",
            "dev.lastword.relay..",
            "dev.lastword.farewell..",
            "dev.lastword.status.."));
  }

  @Test
  void servers_are_known_without_sessions_and_without_a_protocol() {
    check(
        knowsNoneBut(
            "dev.lastword.server..",
            "dev.lastword.config..",
            "dev.lastword.farewell..",
            "dev.lastword.relay..",
            "dev.lastword.status..",
            "dev.lastword.tls.."));
  }

  @Test
  void routes_are_pure() {
    check(knowsNoneBut("dev.lastword.route..", "dev.lastword.config.."));
    check(knowsNoNetty("dev.lastword.route.."));
  }

  @Test
  void a_verdict_is_reached_without_netty() {
    check(knowsNoNetty("dev.lastword.farewell.."));
  }

  @Test
  void x_does_not_know_who_accepts_its_clients() {
    check(noArrow("dev.lastword.x..", "dev.lastword.listen..", "dev.lastword.admin.."));
  }

  @Test
  void x_does_not_know_which_server_a_session_gets() {
    check(noArrow("dev.lastword.x..", "dev.lastword.route.."));
  }

  @Test
  void compression_knows_nothing_of_sessions() {
    check(knowsNoneBut("dev.lastword.x.compression.."));
  }

  @Test
  void the_two_protocols_do_not_know_each_other() {
    check(noArrow("dev.lastword.x..", "dev.lastword.classic.."));
    check(noArrow("dev.lastword.classic..", "dev.lastword.x.."));
  }

  @Test
  void nobody_calls_those_who_accept_clients() {
    check(
        noClasses()
            .that()
            .resideInAnyPackage("dev.lastword.*..")
            .and()
            .resideOutsideOfPackage("dev.lastword.listen..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("dev.lastword.listen.."));
  }

  @Test
  void admin_looks_and_acts_only_through_what_sessions_and_servers_offer() {
    check(noArrow("dev.lastword.admin..", "dev.lastword.classic..", "dev.lastword.listen.."));
    // How messages are written is in the generated classes; how they are relayed is none of its
    // business.
    check(noArrow("dev.lastword.admin..", "dev.lastword.x", "dev.lastword.x.compression.."));
  }

  @Test
  void the_sql_endpoint_knows_what_it_shows_and_no_session() {
    check(
        knowsNoneBut(
            "dev.lastword.admin.sql..",
            "dev.lastword.admin",
            "dev.lastword.config..",
            "dev.lastword.tls..",
            // Only for how the kernel is asked for bytes.
            "dev.lastword.relay..",
            // It answers as a server of both protocols: X in the generated classes, the classic
            // packets written by itself, because whole results have nothing in common with
            // relaying.
            "dev.lastword.x.protobuf.."));
  }

  @Test
  void only_who_listens_and_who_connects_touches_the_order_of_a_pipeline() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackages(
                "dev.lastword.listen..",
                "dev.lastword.server..",
                // Operators come in by ports of their own, which relay nothing.
                "dev.lastword.admin..")
            .should()
            .callMethodWhere(
                target(owner(assignableTo(ChannelPipeline.class)))
                    .and(
                        target(
                            nameMatching(
                                "add(First|Last|Before|After)|remove(First|Last)?|replace")))));
  }

  @Test
  void no_package_goes_around_in_a_circle() {
    check(slices().matching("dev.lastword.(**)").should().beFreeOfCycles());
  }

  @Test
  void names_say_what_is_inside() {
    check(
        noClasses()
            .should()
            .resideInAnyPackage("..util..", "..utils..", "..common..", "..manager..", "..impl.."));
    check(
        noClasses()
            .that()
            .resideOutsideOfPackage("dev.lastword.x.protobuf..")
            .should()
            .haveNameMatching(".*(Utils?|Common|Manager|Impl)"));
  }

  @Test
  void only_the_command_line_speaks_to_the_terminal() {
    DescribedPredicate<JavaClass> log =
        DescribedPredicate.describe(
            "java.util.logging", c -> c.getPackageName().startsWith("java.util.logging"));
    check(noClasses().should().dependOnClassesThat(log));
    for (String stream : new String[] {"out", "err", "in"}) {
      check(
          noClasses()
              .that()
              .resideOutsideOfPackages(COMMAND_LINE)
              .should()
              .accessField(System.class, stream));
    }
    check(
        noClasses()
            .that()
            .resideOutsideOfPackages(COMMAND_LINE)
            .should()
            .callMethod(Throwable.class, "printStackTrace"));
  }

  @Test
  void every_package_says_what_it_is_for_and_that_nothing_in_it_is_null() {
    check(
        classes()
            .that()
            .resideOutsideOfPackage("dev.lastword.x.protobuf..")
            .should(
                new com.tngtech.archunit.lang.ArchCondition<JavaClass>(
                    "be in a null-marked package") {
                  @Override
                  public void check(
                      JavaClass item, com.tngtech.archunit.lang.ConditionEvents events) {
                    boolean marked =
                        item.getPackage()
                            .tryGetAnnotationOfType("org.jspecify.annotations.NullMarked")
                            .isPresent();
                    events.add(
                        new com.tngtech.archunit.lang.SimpleConditionEvent(
                            item, marked, item.getName() + " is in an unmarked package"));
                  }
                }));
  }

  private static ArchRule knowsNoneBut(String who, String... whom) {
    String[] allowed = new String[whom.length + 1];
    allowed[0] = who;
    System.arraycopy(whom, 0, allowed, 1, whom.length);
    return noClasses()
        .that()
        .resideInAPackage(who)
        .should()
        .dependOnClassesThat(
            JavaClass.Predicates.resideInAPackage("dev.lastword..")
                .and(DescribedPredicate.not(JavaClass.Predicates.resideInAnyPackage(allowed))));
  }

  private static ArchRule noArrow(String from, String... to) {
    return noClasses()
        .that()
        .resideInAPackage(from)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(to);
  }

  private static ArchRule knowsNoNetty(String who) {
    return noClasses()
        .that()
        .resideInAPackage(who)
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.netty..");
  }

  /** Packages that are still to come are no mistake. */
  private static void check(ArchRule rule) {
    rule.allowEmptyShould(true).check(OURS);
  }
}
