using System.Diagnostics;
using System.Text;
using Cairn.Functions.Answers;
using Cairn.Functions.Keys;
using Cairn.Functions.Problems;
using Cairn.Functions.Routing;
using Cairn.Functions.Telemetry;
using Cairn.Functions.Tokens;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Cairn.Functions.Hosting;

/// <summary>Takes each request to its route, and each failure to its problem. The only place that catches everything.</summary>
internal sealed partial class Dispatcher(Service service)
{
    public async Task InvokeAsync(HttpContext http)
    {
        Call? call = null;
        Route? route = null;
        try
        {
            (var routes, route, var target) = Find(http.Request);
            var caller = await AdmitAsync(http, route);
            route = Require(http.Request, routes, route);
            Authorize(caller, route, target);
            call = new(http, service, route, target, caller);
            await call.PrepareAsync();
            await route.Handle(call);
        }
        catch (Exception e) when (IsGone(http, e))
        {
            // Nobody is listening any more.
        }
        catch (Exception e)
        {
            await AnswerAsync(http, call, e);
        }
        finally
        {
            call?.Release();
            RequestTrace.Describe(http, route);
        }
    }

    // A connection that is reset while its body is read says so before the request counts as aborted.
    private static bool IsGone(HttpContext http, Exception failure) =>
        failure is ConnectionResetException || (failure is OperationCanceledException or IOException && http.RequestAborted.IsCancellationRequested);

    private (IReadOnlyList<Route>? Routes, Route? Route, RawTarget Target) Find(HttpRequest request)
    {
        var routes = RawTarget.TryParse(RawTargetOf(request), out var target) ? service.Routes.Find(target) : null;
        var method = HttpMethods.IsHead(request.Method) ? "GET" : request.Method;
        return (routes, routes is null ? null : RouteTable.OfMethod(routes, method), target);
    }

    // Before a word is said about the path: what there is, is for callers who may know it.
    private ValueTask<Caller> AdmitAsync(HttpContext http, Route? route)
    {
        if (route is { IsOpen: true })
        {
            return new(Caller.OfAll);
        }

        service.Hosts.RequireHost(http.Request);
        if (service.IsStopping)
        {
            // Whoever it is: another process will ask for his key.
            throw Service.Refusal();
        }

        return service.Gate.AuthenticateAsync(http.Request, http.RequestAborted);
    }

    private static void Authorize(Caller caller, Route route, in RawTarget target)
    {
        if (ReferenceEquals(caller, Caller.OfAll) || route.Need is Need.Nothing or Need.AnyKey)
        {
            return;
        }

        if (route.Need == Need.AdminOfAll)
        {
            caller.RequireForAll(AccessScope.Admin);
            return;
        }

        var scope = route.Need == Need.ReadSpace ? AccessScope.Read : route.Need == Need.WriteSpace ? AccessScope.Write : AccessScope.Admin;
        var segment = target.Segment(route.SpaceSegment);
        caller.Require(scope, segment.Contains('%') ? Encoding.UTF8.GetString(PercentDecoding.Decode(segment, "space")) : segment);
    }

    private static Route Require(HttpRequest request, IReadOnlyList<Route>? routes, Route? route)
    {
        if (routes is null)
        {
            throw ProblemException.Of(ProblemKinds.UnknownRoute, "there is nothing at this path; /openapi.json lists what there is");
        }

        if (route is null)
        {
            throw new ProblemException(new Problem(ProblemKinds.MethodNotAllowed, $"{request.Method} is not one of {RouteTable.Allow(routes)}")
            {
                Allow = RouteTable.Allow(routes),
            });
        }

        return route;
    }

    private static string RawTargetOf(HttpRequest request) =>
        request.HttpContext.Features.Get<IHttpRequestFeature>()!.RawTarget;

    private async Task AnswerAsync(HttpContext http, Call? call, Exception failure)
    {
        var problem = ProblemMap.Of(failure);
        var traceId = TraceOf(http.Request);
        if (ProblemMap.IsOurs(problem))
        {
            LogFailure(service.Logger, problem.Kind, traceId, failure);
        }

        if (http.Response.HasStarted)
        {
            // Half an answer is out: cutting the connection is the only way left to say that it is not whole.
            http.Abort();
            return;
        }

        http.Response.ContentLength = null;
        SetHeaders(http.Response, call, problem);
        using var answer = JsonAnswer.Rent();
        ProblemJson.Write(answer.Json, problem, traceId);
        await answer.SendAsync(http.Response, problem.Status, http.RequestAborted, MediaTypes.Problem);
    }

    private static void SetHeaders(HttpResponse response, Call? call, Problem problem)
    {
        if (problem.RetryAfterSeconds is { } seconds)
        {
            response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        if (problem.Allow is { } methods)
        {
            response.Headers.Allow = methods;
        }

        if (problem.Kind == ProblemKinds.Unauthenticated)
        {
            response.Headers.WWWAuthenticate = "Bearer";
        }

        if (call?.Position is { } position && !response.Headers.ContainsKey(CommitToken.Header))
        {
            call.SetToken(position);
        }
    }

    // The caller's trace if it sent one, so that its records and ours meet.
    private static string TraceOf(HttpRequest request) => Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity
        ? activity.TraceId.ToHexString()
        : ActivityContext.TryParse(request.Headers.TraceParent, null, out var parent) ? parent.TraceId.ToHexString() : ActivityTraceId.CreateRandom().ToHexString();

    [LoggerMessage(1, LogLevel.Error, "{Kind}, trace {TraceId}")]
    private static partial void LogFailure(ILogger logger, string kind, string traceId, Exception failure);
}
