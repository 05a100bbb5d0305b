using System.Runtime.CompilerServices;
using Cairn.Diagnostics;
using Cairn.Functions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Cairn.Functions.Telemetry;

/// <summary>
/// Sends traces and metrics by OTLP, as the environment variables of OpenTelemetry say; the export reads them itself. Without an endpoint there is none, and
/// nothing of OpenTelemetry is loaded. Disposing sends what has not been sent.
/// </summary>
internal sealed class TelemetryExport : IDisposable
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT", TracesEndpoint = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", MetricsEndpoint = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT";

    private static readonly TimeSpan FlushLimit = TimeSpan.FromSeconds(5);

    private readonly TracerProvider? _traces;
    private readonly MeterProvider? _metrics;

    private TelemetryExport(TracerProvider? traces, MeterProvider? metrics) => (_traces, _metrics) = (traces, metrics);

    /// <param name="variable">An environment variable by name; null if it is not set.</param>
    /// <returns>Null: no endpoint is set, or OTEL_SDK_DISABLED is true.</returns>
    /// <exception cref="StartFailure">An endpoint is no address.</exception>
    public static TelemetryExport? Start(Func<string, string?> variable)
    {
        var (traces, metrics) = (IsSet(variable, Endpoint) | IsSet(variable, TracesEndpoint), IsSet(variable, Endpoint) | IsSet(variable, MetricsEndpoint));
        var isOff = string.Equals(variable("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase);
        return isOff || (!traces && !metrics) ? null : Build(traces, metrics);
    }

    // By itself, so that who exports nothing loads nothing.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static TelemetryExport Build(bool traces, bool metrics) => new(traces ? Traces() : null, metrics ? Metrics() : null);

    public void Dispose()
    {
        var limit = (int)FlushLimit.TotalMilliseconds;
        _traces?.Shutdown(limit);
        _metrics?.Shutdown(limit);
        _traces?.Dispose();
        _metrics?.Dispose();
    }

    private static bool IsSet(Func<string, string?> variable, string name) => variable(name) is { Length: > 0 } value
        && (Uri.TryCreate(value, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            ? true
            : throw new StartFailure($"{name} is '{value}'; it takes the address of an OTLP endpoint, such as http://127.0.0.1:4317"));

    private static TracerProvider Traces() => Sdk.CreateTracerProviderBuilder()
        .SetResourceBuilder(Resource())
        .AddSource("Microsoft.AspNetCore", SpaceTraces.Name)
        .AddOtlpExporter()
        .Build();

    private static MeterProvider Metrics() => Sdk.CreateMeterProviderBuilder()
        .SetResourceBuilder(Resource())
        .AddMeter(MeterNames.Log, MeterNames.Engine, ServiceMeter.Name, "Cairn.Infra.*", "Cairn.Triggers")
        .AddMeter("Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime")
        .AddOtlpExporter()
        .Build();

    // What the environment says of the service goes before.
    private static ResourceBuilder Resource() => ResourceBuilder.CreateEmpty()
        .AddService("cairn", serviceVersion: ProductVersion.Text)
        .AddTelemetrySdk()
        .AddEnvironmentVariableDetector();
}
