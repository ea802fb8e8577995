// @ts-check
import { setTimeout as sleep } from 'node:timers/promises';
import { jsonReply } from './reply.mjs';
import { sendHalf, sendReply, upgradeRefusal } from './send.mjs';

/** @typedef {import('./faults.mjs').FaultRule} FaultRule */
/** @typedef {import('./gateway.mjs').Request} Request */
/** @typedef {import('./gateway.mjs').Service} Service */
/** @typedef {import('node:http').ServerResponse} ServerResponse */

/**
 * Handles a request according to a fault rule.
 *
 * @param {FaultRule} rule
 * @param {Request} request
 * @param {ServerResponse} response
 * @param {Service} service the service that would handle it
 */
export async function applyFault(rule, request, response, service) {
  if (rule.action !== 'latencyAfter') {
    await pause(rule);
    if (response.destroyed) return undefined;
  }

  switch (rule.action) {
    case 'latency':
      return service.stream(request, response);

    case 'latencyAfter': {
      const reply = await service.answer(request);
      await pause(rule);
      return sendReply(response, reply);
    }

    case 'status':
      await request.body();
      return sendReply(response, statusReply(rule));

    case 'refuse':
      return request.incoming.socket.destroy();

    case 'reset':
      await request.body();
      return request.incoming.socket.resetAndDestroy();

    case 'resetAfterCommit':
      // PostgREST commits before it responds.
      await service.answer(request);
      return request.incoming.socket.resetAndDestroy();

    case 'hang':
      await request.body();
      return undefined;

    case 'hangAfterCommit':
      await service.answer(request);
      return undefined;

    case 'truncate':
      return sendHalf(response, await service.answer(request));

    case 'twice':
      await service.answer(request);
      return sendReply(response, await service.answer(request));
  }
}

/**
 * Handles a WebSocket request according to a fault rule. It has no body and no response to truncate or repeat, so
 * actions that would do so reset the connection.
 *
 * @param {FaultRule} rule
 * @param {import('node:stream').Duplex} raw
 * @returns {Promise<number | null>} the status of the response (0: none), or null to continue
 */
export async function applyUpgradeFault(rule, raw) {
  await pause(rule);
  switch (rule.action) {
    case 'latency':
    case 'latencyAfter':
      return null;
    case 'hang':
    case 'hangAfterCommit':
      return 0;
    case 'status': {
      const reply = statusReply(rule);
      raw.end(upgradeRefusal(reply));
      return reply.status;
    }
    case 'refuse':
      raw.destroy();
      return 0;
    default:
      /** @type {import('node:net').Socket} */ (raw).resetAndDestroy();
      return 0;
  }
}

/** Waits as the rule says, if it does. @param {FaultRule} rule */
async function pause({ ms, until }) {
  await (until ?? (ms && sleep(ms)));
}

/** @param {FaultRule} rule */
function statusReply({ status = 503, body, headers = {} }) {
  if (typeof body !== 'string') return jsonReply(status, body ?? { message: `Injected ${status}` }, headers);
  return { status, rawHeaders: Object.entries(headers).flat(), body: Buffer.from(body) };
}
