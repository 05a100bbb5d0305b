using System.Globalization;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Cairn.Infra.Blob;

/// <summary>How far this machine's clock is ahead of the storage service's, by the <c>Date</c> of its answers. Safe to use from many threads.</summary>
/// <remarks>A date is cut to the second and has travelled, so that <see cref="Lead"/> is up to a second and a journey too large, never too small.</remarks>
public sealed class ServerClock(TimeProvider time)
{
    private readonly Lock _gate = new();
    private (DateTimeOffset Date, TimeSpan Lead)? _last;

    /// <summary>The date of the last answer; null before the first.</summary>
    public DateTimeOffset? LastDate => Last?.Date;

    /// <summary>This clock less the service's when the last answer came; null before the first.</summary>
    public TimeSpan? Lead => Last?.Lead;

    private (DateTimeOffset Date, TimeSpan Lead)? Last
    {
        get
        {
            lock (_gate)
            {
                return _last;
            }
        }
    }

    /// <summary>Looks at every answer.</summary>
    internal HttpPipelinePolicy Policy => new Observer(this);

    private void Observe(string? date)
    {
        if (DateTimeOffset.TryParseExact(date, "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var server))
        {
            lock (_gate)
            {
                _last = (server, time.GetUtcNow() - server);
            }
        }
    }

    private sealed class Observer(ServerClock clock) : HttpPipelineSynchronousPolicy
    {
        public override void OnReceivedResponse(HttpMessage message)
        {
            if (message.HasResponse && message.Response.Headers.TryGetValue("Date", out var date))
            {
                clock.Observe(date);
            }
        }
    }
}
