package dev.lastword.admin.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.lastword.config.AdminSettings;
import dev.lastword.farewell.Cause;
import dev.lastword.farewell.Farewell;
import dev.lastword.status.Event;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The description of the API is true: everything is described, and answers as it is described. */
class OpenApiTest {
  private static final JsonMapper JSON = new JsonMapper();
  private static final SchemaRegistry SCHEMAS =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

  private final ShownProxy proxy = new ShownProxy();
  private HttpServer server = proxy.open();
  private final HttpClient client = HttpClient.newHttpClient();

  @AfterEach
  void close() {
    client.close();
    server.close();
  }

  private JsonNode description() {
    return JSON.readTree(
        new OpenApi(proxy.subject(), new Api(proxy.subject(), false).routes(), false).bytes());
  }

  /** The schema of an answer, which takes the others along so that its references lead somewhere. */
  private static Schema schema(JsonNode description, JsonNode inner) {
    ObjectNode whole = inner.deepCopy().asObject();
    whole.set("components", description.get("components"));
    return SCHEMAS.getSchema(whole);
  }

  @Test
  void its_schemas_are_json_schema() {
    Schema metaschema =
        SCHEMAS.getSchema(SchemaLocation.of("https://json-schema.org/draft/2020-12/schema"));
    JsonNode schemas = description().get("components").get("schemas");
    assertThat(schemas.size()).isGreaterThan(10);
    for (JsonNode schema : schemas) {
      assertThat(metaschema.validate(schema.toString(), InputFormat.JSON)).isEmpty();
    }
  }

  @Test
  void its_parts_fit_together() {
    JsonNode description = description();
    assertThat(description.get("openapi").asString()).isEqualTo("3.1.0");
    Set<String> names = new HashSet<>();
    for (Map.Entry<String, JsonNode> path : description.get("paths").properties()) {
      for (Map.Entry<String, JsonNode> operation : path.getValue().properties()) {
        assertThat(operation.getKey()).isIn("get", "post", "put");
        assertThat(names.add(operation.getValue().get("operationId").asString())).isTrue();
        assertThat(operation.getValue().get("responses").size()).isPositive();
        assertThat(operation.getValue().get("summary").asString()).endsWith(".");
        List<String> inPath = new ArrayList<>();
        Set<String> all = new HashSet<>();
        for (JsonNode parameter : operation.getValue().path("parameters")) {
          String in = parameter.get("in").asString();
          assertThat(all.add(in + parameter.get("name").asString())).isTrue();
          if (in.equals("path")) {
            inPath.add("{" + parameter.get("name").asString() + "}");
            assertThat(parameter.get("required").asBoolean()).isTrue();
          }
        }
        assertThat(List.of(path.getKey().split("/", -1)).stream().filter(p -> p.startsWith("{")))
            .containsExactlyElementsOf(inPath);
      }
    }
    for (String reference : description.toString().split("\"\\$ref\":\"", -1)) {
      if (reference.startsWith("#/components/schemas/")) {
        String name = reference.substring(21, reference.indexOf('"'));
        assertThat(description.get("components").get("schemas").get(name)).as(name).isNotNull();
      }
    }
  }

  @Test
  void everything_that_can_be_asked_for_is_described_and_answers_so() throws Exception {
    proxy.events.enter(Event.Kind.DRAIN_BEGAN, "it began");
    proxy.ledger.enter(
        ShownProxy.lost(1, Cause.BUG, new Farewell.Nothing(Farewell.Why.WARNINGS_OFF)));
    JsonNode description =
        JSON.readTree(send("GET", "/openapi.json", server.url() + "/openapi.json").body());
    int described = 0;
    for (Route route : new Api(proxy.subject(), false).routes()) {
      if (route.isHidden()) {
        continue;
      }
      described++;
      String method = route.method();
      JsonNode operation =
          description.get("paths").get(route.template()).get(method.toLowerCase(Locale.ROOT));
      assertThat(operation).as(route.template()).isNotNull();
      if (route.template().endsWith("/stream")) {
        continue;
      }
      String path =
          route
              .template()
              .replace("servers/{name}", "servers/db1")
              .replace("listeners/{name}", "listeners/x")
              .replace("{name}", "ROOT")
              .replace("{type}", "warning")
              .replace("{id}", "1");
      var response = send(method, path, server.url() + path);
      JsonNode outcome = operation.get("responses").get(Integer.toString(response.statusCode()));
      assertThat(outcome).as(path + " answers " + response.statusCode()).isNotNull();
      String type = response.headers().firstValue("content-type").orElse("").split(";", 2)[0];
      if (type.isEmpty()) {
        assertThat(outcome.has("content")).as(path).isFalse();
      } else {
        JsonNode content = outcome.get("content").get(type);
        assertThat(content).as(path + " answers " + type).isNotNull();
        if (type.endsWith("json")) {
          assertThat(
                  schema(description, content.get("schema"))
                      .validate(response.body(), InputFormat.JSON))
              .as(path)
              .isEmpty();
        }
      }
    }
    int operations = 0;
    for (JsonNode path : description.get("paths")) {
      operations += path.size();
    }
    assertThat(operations).isEqualTo(described).isGreaterThan(25);
  }

  private HttpResponse<String> send(String method, String path, String url) throws Exception {
    String body = path.contains("loggers") ? "{\"level\":\"INFO\"}" : "";
    return client.send(
        HttpRequest.newBuilder(URI.create(url))
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .header("Content-Type", "application/json")
            .build(),
        BodyHandlers.ofString());
  }

  @Test
  void where_one_has_to_say_who_one_is_it_says_how() throws Exception {
    server.close();
    server = proxy.open(AdminSettings.OFF.withHttp("127.0.0.1", 0).withToken("t0ken"));
    JsonNode description =
        JSON.readTree(
            client
                .send(
                    HttpRequest.newBuilder(URI.create(server.url() + "/openapi.json"))
                        .header("Authorization", "Bearer t0ken")
                        .build(),
                    BodyHandlers.ofString())
                .body());
    assertThat(description.get("components").get("securitySchemes").size()).isEqualTo(2);
    JsonNode paths = description.get("paths");
    assertThat(paths.get("/health/live").get("get").get("security").size()).isZero();
    assertThat(paths.get("/metrics").get("get").get("responses").has("401")).isTrue();
  }
}
