using System.Text;
using Cairn.Functions.Hosting;
using Cairn.Functions.Telemetry;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Telemetry;

/// <summary>Traces and metrics as a collector gets them.</summary>
public sealed class TelemetryTests
{
    private const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4736", Recorded = $"00-{TraceId}-00f067aa0ba902b7-01", Unrecorded = $"00-{TraceId}-00f067aa0ba902b7-00";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Requests_WhenAnEndpointIsSet_AreTracedFromTheCallerToTheReconcilerAndMeasured()
    {
        var folder = Directory.CreateTempSubdirectory("cairn-telemetry");
        try
        {
            await using var collector = await OtlpCollector.StartAsync();
            await using var server = await ServerProcess.StartAsync(
                ("CAIRN_DATA", folder.FullName),
                ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address),
                ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
                ("OTEL_BSP_SCHEDULE_DELAY", "50"),
                ("OTEL_METRIC_EXPORT_INTERVAL", "100"));

            using var put = new HttpRequestMessage(HttpMethod.Put, "/v1/spaces/traced/concepts/a-memory-of-somebody");
            put.Headers.Add("traceparent", Recorded);
            put.Content = new StringContent("""{"content":"what it is about"}""", Encoding.UTF8, "application/json");
            using var answer = await server.Client.SendAsync(put, Cancelled);
            Assert.True(answer.IsSuccessStatusCode);

            await collector.WaitForAsync(
                "/v1/traces",
                Convert.FromHexString(TraceId),
                "PUT /v1/spaces/{space}/concepts/{id}"u8.ToArray(),
                "cairn.reconcile"u8.ToArray(),
                "cairn.space"u8.ToArray());
            await collector.WaitForAsync(
                "/v1/metrics", "cairn.service.pending"u8.ToArray(), "cairn.log.append.frames"u8.ToArray(), "http.server.request.duration"u8.ToArray(), "/v1/spaces/{space}/concepts/{id}"u8.ToArray());
            Assert.True(collector.Sent("/v1/traces").AsSpan().IndexOf("a-memory-of-somebody"u8) < 0, "telemetry has the id of a memory");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Start_WhenNoEndpointIsSet_ExportsNothing()
    {
        Assert.Null(TelemetryExport.Start(static _ => null));
        Assert.Null(TelemetryExport.Start(static name => name == "OTEL_SDK_DISABLED" ? "true" : "http://127.0.0.1:4317"));
    }

    [Theory]
    [InlineData("collector:4317")]
    [InlineData("nonsense")]
    [InlineData("file:///tmp/traces")]
    public void Start_WhenTheEndpointIsNoAddress_SaysWhichSettingItIs(string value)
    {
        var failure = Assert.Throws<StartFailure>(() => TelemetryExport.Start(name => name == "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT" ? value : null));

        Assert.Contains("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Recorded, true)]
    [InlineData(Unrecorded, false)]
    public void Context_WhenTheWorkIsRecordedOrNot_IsItsTraceparentOrNone(string parent, bool isCarried)
    {
        using var activity = new System.Diagnostics.Activity("request").SetParentId(parent);
        activity.ActivityTraceFlags = parent == Recorded ? System.Diagnostics.ActivityTraceFlags.Recorded : System.Diagnostics.ActivityTraceFlags.None;
        activity.Start();

        var context = Encoding.ASCII.GetString(RequestTrace.Context.Span);

        Assert.Equal(isCarried, context.StartsWith($"00-{TraceId}-", StringComparison.Ordinal));
        Assert.Equal(isCarried ? activity.Id : "", context);
    }
}
