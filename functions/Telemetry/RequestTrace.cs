using System.Diagnostics;
using System.Text;
using Cairn.Functions.Routing;
using Microsoft.AspNetCore.Http.Features;

namespace Cairn.Functions.Telemetry;

/// <summary>
/// What traces and metrics say of a request, in the names of OpenTelemetry's conventions for HTTP. The route stands for the path: ids are what somebody
/// remembers, and no telemetry. Any thread.
/// </summary>
internal static class RequestTrace
{
    private const string RouteTag = "http.route";

    /// <summary>The trace context of the work at hand as a <c>traceparent</c>; empty if nobody records it.</summary>
    public static ReadOnlyMemory<byte> Context =>
        Activity.Current is { Recorded: true, IdFormat: ActivityIdFormat.W3C, Id: { } id } ? Encoding.ASCII.GetBytes(id) : default(ReadOnlyMemory<byte>);

    /// <summary>Tells of a request that has been answered; costs next to nothing while nobody listens.</summary>
    public static void Describe(HttpContext http, Route? route)
    {
        if (http.Features.Get<IHttpMetricsTagsFeature>() is { } metrics && route is not null)
        {
            metrics.Tags.Add(new(RouteTag, route.Template));
        }

        if (Activity.Current is not { IsAllDataRequested: true } activity)
        {
            return;
        }

        var (method, status) = (http.Request.Method, http.Response.StatusCode);
        activity.DisplayName = route is null ? method : $"{method} {route.Template}";
        activity.SetTag("http.request.method", method);
        activity.SetTag(RouteTag, route?.Template);
        activity.SetTag("http.response.status_code", status);
        if (status >= StatusCodes.Status500InternalServerError)
        {
            activity.SetStatus(ActivityStatusCode.Error);
        }
    }
}
