using System.Text;
using Cairn.Functions.Hosting;
using Cairn.Functions.Problems;
using Cairn.Functions.Requests;
using Cairn.Functions.Tokens;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Cairn.Functions.Routing;

/// <summary>One request on its way through: what the path and query say, and the space once it is known.</summary>
internal sealed class Call(HttpContext http, Service service, Route route, RawTarget target)
{
    public HttpRequest Request => http.Request;

    public HttpResponse Response => http.Response;

    public Service Service => service;

    public Route Route => route;

    public CancellationToken Aborted => http.RequestAborted;

    /// <summary>The path as it was sent.</summary>
    public string Path => target.Path;

    public QueryParameters Query { get; } = QueryParameters.Parse(target.Query, route.Takes);

    public Preferences Prefer { get; } = Preferences.Read(http.Request.Headers["Prefer"]);

    public string? IdempotencyKey => Single(CommitIdentity.Header);

    /// <summary>The form of the answer that route and request agree on.</summary>
    public string Negotiated { get; } = Negotiation.Choose(http.Request.Headers.Accept, route.Produces);

    /// <summary>The space, once it was found.</summary>
    public Space? Space { get; private set; }

    /// <summary>A header that may come once.</summary>
    public string? Single(string header)
    {
        var values = Request.Headers[header];
        return values.Count <= 1 ? values : throw ProblemException.Parameter(header, "comes twice");
    }

    /// <summary>The path's segment of that name, decoded and checked as a name.</summary>
    public byte[] Name(string parameter, int limitBytes)
    {
        var segments = route.Template.AsSpan(1);
        var index = 0;
        foreach (var range in segments.Split('/'))
        {
            var segment = segments[range];
            if (segment.Length > 2 && segment[1..^1].SequenceEqual(parameter))
            {
                return PathName.Require(PercentDecoding.Decode(target.Segment(index), parameter), parameter, limitBytes);
            }

            index++;
        }

        throw new CairnException(ErrorKind.Internal, $"{route.Template} has no {parameter}");
    }

    /// <summary>The concept that the path names.</summary>
    public byte[] ConceptId() => Name("id", Limits.IdBytes);

    public SpaceName SpaceName()
    {
        var text = Encoding.UTF8.GetString(PercentDecoding.Decode(target.Segment(2), "space"));
        return Primitives.SpaceName.TryParse(text, out var name) ? name : throw ProblemException.Parameter(
            "space", $"a space is {Primitives.SpaceName.MinLength} to {Primitives.SpaceName.MaxLength} lowercase letters, digits and '-'");
    }

    /// <exception cref="ProblemException">unknown-space.</exception>
    public async ValueTask<Space> FindSpaceAsync()
    {
        var name = SpaceName();
        Space = await service.Catalog.FindAsync(name, Aborted);
        return Space ?? throw ProblemException.Of(ProblemKinds.UnknownSpace, $"there is no space '{name}'");
    }

    /// <summary>The space of a write, created by it where that is allowed.</summary>
    public async ValueTask<Space> FindOrCreateSpaceAsync()
    {
        if (!service.CreatesSpaces)
        {
            return await FindSpaceAsync();
        }

        var name = SpaceName();
        Space = await service.Catalog.FindAsync(name, Aborted) ?? (await service.Catalog.CreateAsync(name, Aborted)).Space;
        return Space;
    }

    /// <summary>The space that the request is about, found or made otherwise.</summary>
    public void Use(Space space) => Space = space;

    /// <summary>A stream may pause: a producer that thinks is no attack.</summary>
    public void AllowSlowBody()
    {
        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }
    }

    /// <summary>Tells the caller how to see at least <paramref name="position"/>.</summary>
    public string SetToken(LogPosition position)
    {
        var token = TokenOf(position);
        Response.Headers[CommitToken.Header] = token;
        return token;
    }

    public string TokenOf(LogPosition position) => CommitToken.Of(Space!.Record.Name, Space.Record.Incarnation, position);
}
