using System.Text;
using Cairn.Functions.Hosting;
using Cairn.Functions.Keys;
using Cairn.Functions.Lookups;
using Cairn.Functions.Problems;
using Cairn.Functions.Quotas;
using Cairn.Functions.Requests;
using Cairn.Functions.Tokens;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Storage;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Cairn.Functions.Routing;

/// <summary>One request on its way through: what the path and query say, and the space once it is known.</summary>
internal sealed class Call(HttpContext http, Service service, Route route, RawTarget target, Caller caller)
{
    public HttpRequest Request => http.Request;

    public HttpResponse Response => http.Response;

    public Service Service => service;

    public Route Route => route;

    /// <summary>Who it comes from.</summary>
    public Caller Caller => caller;

    /// <summary>What its space may take; null: as much as the service gives.</summary>
    public SpaceQuota? Quota { get; private set; }

    public CancellationToken Aborted => http.RequestAborted;

    /// <summary>The path as it was sent.</summary>
    public string Path => target.Path;

    public QueryParameters Query { get; private set; } = QueryParameters.None;

    public Preferences Prefer { get; } = Preferences.Read(http.Request.Headers["Prefer"]);

    public string? IdempotencyKey => Single(CommitIdentity.Header);

    /// <summary>The form of the answer that route and request agree on.</summary>
    public string Negotiated { get; private set; } = route.Produces[0];

    /// <summary>The space, once it was found; held until the request ends.</summary>
    public Space? Space { get; private set; }

    /// <summary>The space as the lookups index knows it, while it is not held: it may be enough.</summary>
    public ColdSpace? Cold { get; private set; }

    /// <summary>Name and life of the space, once it was found.</summary>
    public SpaceRecord? Record => Space?.Record ?? Cold?.Record;

    /// <summary>How far the space is known here, once it was found.</summary>
    public LogPosition? Position => Space?.Current.Position ?? Cold?.Watermark.Position;

    /// <summary>
    /// Looks for the space first, so that every answer about one can carry its token, also a refusal; then checks what every request has in common.
    /// </summary>
    public async ValueTask PrepareAsync()
    {
        if (route.IsInsideSpace)
        {
            await FindSpaceAsync(SpaceName());
            if (Record is { } record)
            {
                await FindQuotaAsync(record.Name);
                service.Quotas.Admit(record.Name);
            }
        }

        Query = QueryParameters.Parse(target.Query, route.Takes);
        Negotiated = Negotiation.Choose(Request.Headers.Accept, route.Produces);
    }

    private async ValueTask FindSpaceAsync(SpaceName name)
    {
        if (route.MayLookUp && service.Lookups is { } lookups)
        {
            Space = service.Catalog.TryHold(name);
            Cold = Space is null ? await lookups.FindAsync(name, Aborted) : null;
        }

        if (Space is null && Cold is null)
        {
            Space = await service.Catalog.HoldAsync(name, Aborted);
        }
    }

    /// <summary>Holds a space that the lookups index is not enough for.</summary>
    /// <exception cref="ProblemException">unknown-space: it was deleted meanwhile.</exception>
    public async ValueTask LoadAsync()
    {
        Space = await service.Catalog.HoldAsync(Cold!.Record.Name, Aborted);
        Cold = Space is null ? throw UnknownSpace() : null;
    }

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
        var text = Encoding.UTF8.GetString(PercentDecoding.Decode(target.Segment(route.SpaceSegment), "space"));
        return Primitives.SpaceName.TryParse(text, out var name) ? name : throw ProblemException.Parameter(
            "space", $"a space is {Primitives.SpaceName.MinLength} to {Primitives.SpaceName.MaxLength} lowercase letters, digits and '-'");
    }

    /// <exception cref="ProblemException">unknown-space.</exception>
    public Space RequireSpace() => Space ?? throw UnknownSpace();

    /// <summary>The space of a write that may come to be by it.</summary>
    /// <exception cref="ProblemException">unknown-space: it may not.</exception>
    public async ValueTask<Space> RequireOrCreateSpaceAsync()
    {
        RequireWritable();
        if (Space is null)
        {
            Space = (await service.Catalog.HoldOrCreateAsync(SpaceName(), Aborted)).Space;
            await FindQuotaAsync(Space.Record.Name);
        }

        return Space;
    }

    private async ValueTask FindQuotaAsync(SpaceName space) => Quota = await service.Quotas.FindAsync(space, Aborted);

    /// <summary>Before a body is read: whether a write can go to the space.</summary>
    /// <exception cref="ProblemException">unknown-space.</exception>
    public void RequireWritable()
    {
        if (Space is null && !service.CreatesSpaces)
        {
            throw UnknownSpace();
        }
    }

    public ProblemException UnknownSpace() => ProblemException.Of(ProblemKinds.UnknownSpace, $"there is no space '{SpaceName()}'");

    /// <summary>The space that the request is about, found or made otherwise, and held for it.</summary>
    public void Use(Space held) => Space = held;

    /// <summary>The request has ended.</summary>
    public void Release()
    {
        if (Space is { } space)
        {
            service.Checkpoints?.Note(space);
            space.Release();
        }
    }

    /// <summary>A stream may pause: a producer that thinks is no attack.</summary>
    public void AllowSlowBody()
    {
        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }
    }

    /// <summary>Tells the caller how to see at least <paramref name="position"/>, and a commit that is on its way through the hub.</summary>
    public string SetToken(LogPosition position, byte[]? commitId = null)
    {
        var token = TokenOf(position, commitId);
        Response.Headers[CommitToken.Header] = token;
        return token;
    }

    public string TokenOf(LogPosition position, byte[]? commitId = null) => CommitToken.Of(Record!.Name, Record.Incarnation, position, commitId);
}
